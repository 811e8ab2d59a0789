// Changing a message of one's own, in the place where it stands.
import { channelName, whoIs } from "./directory.js";
import { h } from "./dom.js";

/** What a person would type to get this text: names for ids, characters for their escapes. */
export function typed(text) {
  return text
    .replace(/<@(\w+)(?:\|[^>]*)?>/g, (_, id) => `@${whoIs(id).name}`)
    .replace(/<#(\w+)(?:\|([^>]*))?>/g, (_, id, name) => `#${name || channelName(id) || id}`)
    .replace(/<(https?:[^|>]+)(?:\|[^>]*)?>/g, "$1")
    .replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** Opens an editor over the words of a message on screen; `save(text)` resolves when the change is made. */
export function editInPlace(article, message, save) {
  const content = article.querySelector(".msg-content");
  if (!content || article.querySelector(".edit")) return;
  const input = h("textarea", { class: "composer-input edit-input", "aria-label": "Edit your message", dir: "auto", "data-testid": "edit-input" });
  const note = h("p", { class: "composer-status", role: "alert" });
  const cancel = h("button", { class: "button button-small", type: "button", "data-testid": "edit-cancel" }, "Cancel");
  const form = h("form", { class: "edit", "data-testid": "edit" }, input,
    h("div", { class: "edit-foot" }, note, cancel, h("button", { class: "button button-small primary", type: "submit", "data-testid": "edit-save" }, "Save")));
  const grow = () => { input.style.height = "auto"; input.style.height = `${Math.min(input.scrollHeight, innerHeight * 0.4)}px`; };
  const close = () => {
    form.remove();
    content.hidden = false;
    if (article.isConnected) article.focus({ preventScroll: true });
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await save(input.value.trim());
      close();
    } catch (error) {
      note.textContent = error.message;
    }
  });
  form.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && !event.shiftKey && event.target === input) form.requestSubmit();
    else return;
    event.preventDefault();
  });
  cancel.addEventListener("click", close);
  input.addEventListener("input", grow);
  input.value = typed(message.text);
  content.hidden = true;
  content.after(form);
  grow();
  input.focus();
}
