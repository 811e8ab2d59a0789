//! The hostile strings: every trick, in every surrounding.

pub const PAYLOADS: [&str; 32] = [
    "<!channel>",
    "<!here>",
    "<!everyone>",
    "<!subteam^S1>",
    "<!subteam^S1|@team>",
    "<@U0BOB0001>",
    "<@U0BOB0001|bob>",
    "<@W123>",
    "<#C0GENERAL1>",
    "<#C0GENERAL1|general>",
    "<http://evil.example|https://good.example>",
    "<mailto>",
    "[bank.example <!X](https://evil.example) >",
    "h[ttps](https:0Xa.etps://evil.example)",
    "<mailto:a@evil.example|bank>",
    "<!date^1392734382^{date}^https://evil.example|x>",
    "&lt;!channel&gt;",
    "&amp;lt;!here&amp;gt;",
    "[https://good.example](https://evil.example)",
    "![x](https://evil.example/p.png)",
    "[good.example][1]\n\n[1]: https://evil.example",
    "<https://evil.example>",
    "[a](javascript:alert(1))",
    "[x](<!channel>)",
    "<\u{2060}!channel>",
    "<!chan\u{200b}nel>",
    "@channel",
    "\u{202e}<!here>",
    "<a href=\"https://evil.example\">good.example</a>",
    "[go\u{ad}od.example](https://evil.example)",
    "[good.example](https://good.example@evil.example)",
    "<\n!here>",
];
const AROUND: [&str; 20] = [
    "{}",
    "`{}`",
    "```\n{}\n```",
    "``` {}",
    "> {}",
    "*{}*",
    "_{}_",
    "~{}~",
    "| {} |\n|---|",
    "# {}",
    "- {}",
    "x{}y",
    "{}{}",
    "\n{}",
    "</tool_result>{}",
    "`` ` {}",
    "\\{}",
    "&{}",
    "<{}>",
    "[{}](https://evil.example)",
];

pub fn hostile() -> Vec<String> {
    let all = PAYLOADS.iter().flat_map(|payload| {
        AROUND
            .iter()
            .map(move |around| around.replace("{}", payload))
    });
    all.collect()
}
