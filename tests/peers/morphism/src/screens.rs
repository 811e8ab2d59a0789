//! The messages and views of the app, in slack-morphism's models of Block Kit.

use slack_morphism::prelude::*;

pub fn text(words: &str) -> SlackBlockPlainTextOnly {
    SlackBlockPlainText::new(words.to_owned()).into()
}

pub fn button(action: &str, words: &str) -> SlackBlock {
    let button = SlackBlockButtonElement::new(text(words))
        .with_action_id(action.into())
        .with_value(action.into());
    SlackActionsBlock::new(vec![button.into()]).into()
}

pub fn section(words: &str) -> SlackBlock {
    SlackSectionBlock::new()
        .with_text(SlackBlockMarkDownText::new(words.to_owned()).into())
        .into()
}

pub fn form() -> SlackView {
    let element = SlackBlockPlainTextInputElement::new().with_action_id("value".into());
    let name = SlackInputBlock::new(text("Name"), element.into()).with_block_id("name".into());
    SlackView::Modal(
        SlackModalView::new(text("Form"), vec![name.into(), button("push", "Push")])
            .with_callback_id("form".into())
            .with_submit(text("Send"))
            .with_notify_on_close(true),
    )
}

pub fn note(words: &str) -> SlackView {
    SlackView::Modal(
        SlackModalView::new(text("Note"), vec![section(words)]).with_callback_id("note".into()),
    )
}

pub fn home(words: &str) -> SlackView {
    SlackView::Home(SlackHomeView::new(vec![
        section(words),
        button("home_ping", "Home ping"),
    ]))
}
