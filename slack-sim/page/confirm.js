// The "Are you sure?" dialog a button may ask for.
import { h, uid } from "./dom.js";
import { plain, textObject } from "./mrkdwn.js";

/** Shows the dialog and resolves to what the person decided. The focus returns to `opener`. */
export function confirmed(confirm, opener) {
  return new Promise((resolve) => {
    const title = uid("confirm");
    const yes = h("button", { class: `button ${confirm.style === "danger" ? "danger" : "primary"}`, type: "submit", "data-testid": "confirm-yes" },
      plain(confirm.confirm?.text ?? "Yes"));
    const no = h("button", { class: "button", type: "button", "data-testid": "confirm-no" }, plain(confirm.deny?.text ?? "Cancel"));
    const dialog = h("dialog", { class: "dialog dialog-small", "aria-labelledby": title, "data-testid": "confirm" },
      h("form", { class: "dialog-form" },
        h("header", { class: "dialog-head" }, h("h2", { id: title, dir: "auto" }, plain(confirm.title?.text ?? "Are you sure?"))),
        h("div", { class: "dialog-body", dir: "auto" }, textObject(confirm.text)),
        h("footer", { class: "dialog-foot" }, no, yes)));
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
      if (opener?.isConnected) opener.focus();
      resolve(answer);
    };
    dialog.addEventListener("submit", (event) => { event.preventDefault(); finish(true); });
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); finish(false); });
    no.addEventListener("click", () => finish(false));
    document.body.append(dialog);
    dialog.showModal();
    (confirm.style === "danger" ? no : yes).focus();
  });
}
