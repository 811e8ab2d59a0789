// A block of code with a button that copies it.
import { announce, h } from "./dom.js";
import { icon } from "./icons.js";

/** The code as a scrollable block; `language` is only a caption. */
export function copyable(code, language = "") {
  const copy = h("button", { class: "code-copy", type: "button", "aria-label": "Copy code", title: "Copy code" }, icon("copy"));
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code);
      announce("Code copied");
      copy.replaceChildren(icon("check"));
    } catch {
      announce("The browser did not allow copying");
    }
    setTimeout(() => copy.replaceChildren(icon("copy")), 1_500);
  });
  return h("div", { class: "code-block" },
    h("pre", { dir: "ltr", tabindex: "0", role: "region", "aria-label": language ? `${language} code` : "Code" }, h("code", null, code)),
    copy);
}
