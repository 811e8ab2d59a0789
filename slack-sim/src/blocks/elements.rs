//! The tables of Block Kit: which blocks and elements exist, and where an input keeps its value.

/// Every block type of messages, modals and Homes.
pub(super) const BLOCKS: [&str; 23] = [
    "actions",
    "alert",
    "card",
    "carousel",
    "container",
    "context",
    "context_actions",
    "data_table",
    "data_visualization",
    "divider",
    "file",
    "header",
    "image",
    "input",
    "layout",
    "markdown",
    "plan",
    "rich_text",
    "section",
    "table",
    "task_card",
    "video",
    "call",
];

/// Every element that may stand in an `actions` block, an `input` block or beside a section.
pub(super) const ELEMENTS: [&str; 28] = [
    "button",
    "channels_select",
    "checkboxes",
    "conversations_select",
    "datepicker",
    "datetimepicker",
    "email_text_input",
    "external_select",
    "feedback_buttons",
    "file_input",
    "icon_button",
    "image",
    "multi_channels_select",
    "multi_conversations_select",
    "multi_external_select",
    "multi_static_select",
    "multi_users_select",
    "number_input",
    "overflow",
    "plain_text_input",
    "radio_buttons",
    "rich_text_input",
    "static_select",
    "timepicker",
    "url_source",
    "url_text_input",
    "users_select",
    "workflow_button",
];

/// Where an input keeps its value, and which field of the block gives its first one.
pub(super) fn value_fields(kind: &str) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        "plain_text_input" | "email_text_input" | "url_text_input" | "number_input" => {
            ("value", "initial_value")
        }
        "rich_text_input" => ("rich_text_value", "initial_value"),
        "static_select" | "external_select" | "radio_buttons" => {
            ("selected_option", "initial_option")
        }
        "checkboxes" | "multi_static_select" | "multi_external_select" => {
            ("selected_options", "initial_options")
        }
        "users_select" => ("selected_user", "initial_user"),
        "multi_users_select" => ("selected_users", "initial_users"),
        "conversations_select" => ("selected_conversation", "initial_conversation"),
        "multi_conversations_select" => ("selected_conversations", "initial_conversations"),
        "channels_select" => ("selected_channel", "initial_channel"),
        "multi_channels_select" => ("selected_channels", "initial_channels"),
        "file_input" => ("files", "initial_files"),
        "datepicker" => ("selected_date", "initial_date"),
        "timepicker" => ("selected_time", "initial_time"),
        "datetimepicker" => ("selected_date_time", "initial_date_time"),
        _ => return None,
    })
}

/// Whether a person can act on such an element.
pub(super) fn has_action(kind: &str) -> bool {
    kind != "image" && kind != "url_source" && ELEMENTS.contains(&kind)
}

/// Whether its value is a list.
pub(super) fn is_multiple(kind: &str) -> bool {
    kind == "checkboxes" || kind == "file_input" || kind.starts_with("multi_")
}
