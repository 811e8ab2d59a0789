// A field of a form that takes files: they are uploaded as they are chosen, and go to the app with the form.
import { api } from "./api.js";
import { h } from "./dom.js";
import { sizeOf } from "./files.js";
import { icon } from "./icons.js";

/** The field; what is chosen in it belongs to `person`. */
export function fileInput(part, kept, props, { person }) {
  let chosen = kept?.files ?? [];
  const accept = part.filetypes?.map((end) => `.${end}`).join(",");
  const most = part.max_files ?? 10;
  const input = h("input", { ...props, class: "input", type: "file", accept, multiple: most > 1 });
  const row = h("ul", { class: "attached external-chosen", "aria-label": "Chosen", hidden: true });
  const note = h("p", { class: "hint", role: "status", dir: "auto" });
  const draw = () => {
    row.hidden = chosen.length === 0;
    row.replaceChildren(...chosen.map((file) => {
      const away = h("button", { class: "icon-button", type: "button", "aria-label": `Remove ${file.name}` }, icon("close"));
      away.addEventListener("click", () => { chosen = chosen.filter((one) => one !== file); draw(); input.focus(); });
      return h("li", { class: "attached-file", "data-testid": "file-chosen" }, icon("file"), h("span", { dir: "auto" }, file.name), h("span", { class: "file-kind" }, sizeOf(file.size)), away);
    }));
  };
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    if (!files.length) return;
    note.textContent = "Uploading…";
    try {
      const { files: ids } = await api.share({ user: person }, files);
      chosen = [...chosen, ...files.map((file, index) => ({ id: ids[index], name: file.name, size: file.size }))].slice(-most);
      note.textContent = "";
    } catch (error) {
      note.textContent = error.message;
    }
    draw();
  });
  draw();
  return { node: h("div", null, row, input, note), inputs: [input], read: () => ({ files: chosen }) };
}
