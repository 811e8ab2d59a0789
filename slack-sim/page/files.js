// Files: those in a message, and those that wait in the composer for a message to go with.
import { h } from "./dom.js";
import { api } from "./api.js";
import { copyable } from "./codeblock.js";
import { icon } from "./icons.js";

/** What may be shown of a file in place; whoever wants more downloads it. */
const SHOWN = 200_000;
const UNITS = ["bytes", "KB", "MB", "GB"];

/** A size as people read it: "1.2 KB". */
export function sizeOf(bytes) {
  let at = 0;
  let size = bytes;
  while (size >= 1_000 && at < UNITS.length - 1) { size /= 1_000; at += 1; }
  return at === 0 && bytes === 1 ? "1 byte" : `${at === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[at]}`;
}

/** The files of a message as `person` may open them, or null. */
export function messageFiles(files, person) {
  if (!files?.length) return null;
  return h("div", { class: "files" }, files.map((file) => one(file, person)));
}

/** The address of an image that an app names by one of its files, or null. */
export function slackFile(file, person) {
  const id = file?.id ?? /\/files-pri\/[^/]*-([A-Z0-9]+)\//.exec(file?.url ?? "")?.[1];
  return id ? api.fileAddress(id, person) : null;
}

function one(file, person) {
  if (file.mode === "tombstone") return h("p", { class: "file file-gone", "data-testid": "file" }, icon("trash"), "This file was deleted.");
  const address = api.fileAddress(file.id, person);
  const save = h("a", { class: "icon-button", href: api.fileAddress(file.id, person, true), download: file.name, "aria-label": `Download ${file.name}`, title: "Download", "data-testid": "file-download" }, icon("download"));
  const head = h("div", { class: "file-head" },
    h("span", { class: "file-icon", "aria-hidden": "true" }, icon("file")),
    h("div", { class: "file-about" },
      h("a", { class: "file-name", href: address, target: "_blank", rel: "noopener", dir: "auto" }, file.title || file.name),
      h("span", { class: "file-kind" }, `${file.pretty_type} · ${sizeOf(file.size)}`)),
    save);
  return h("div", { class: "file", "data-testid": "file", "data-file-id": file.id }, head, inside(file, address));
}

/** An image, the beginning of a text, or nothing. */
function inside(file, address) {
  if (file.mimetype?.startsWith("image/")) {
    return h("a", { class: "file-image", href: address, target: "_blank", rel: "noopener" }, h("img", { src: address, alt: file.alt_txt || file.title || file.name, loading: "lazy" }));
  }
  if (typeof file.preview !== "string") return null;
  const text = h("div", { class: "file-text" }, copyable(file.preview, file.name));
  const cut = file.lines_more > 0 || file.preview.length < file.size - 4;
  if (!cut) return text;
  const words = file.lines_more > 0 ? `Show all ${file.lines} lines` : "Show all of it";
  const more = h("button", { class: "button button-small button-quiet", type: "button", "data-testid": "file-more" }, words);
  more.addEventListener("click", async () => {
    more.setAttribute("aria-busy", "true");
    try {
      const whole = await api.fileText(address);
      const shown = whole.length > SHOWN ? `${whole.slice(0, SHOWN)}\n… Download the file to read the rest.` : whole;
      text.replaceChildren(copyable(shown, file.name));
    } catch (error) {
      more.removeAttribute("aria-busy");
      more.after(h("p", { class: "action-note", role: "alert" }, error.message));
    }
  });
  text.append(more);
  return text;
}

/** The files that go along with the next message, by place; shown above the box, each with a way out. */
export class Attachments {
  constructor(onChange) {
    this.onChange = onChange;
    this.byPlace = new Map();
    this.place = null;
    this.row = h("ul", { class: "attached", "aria-label": "Files to send", hidden: true });
    this.chooser = h("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", "aria-hidden": "true", "data-testid": "file-chooser" });
    this.button = h("button", { class: "icon-button", type: "button", "aria-label": "Attach files", title: "Attach files", "data-testid": "attach" }, icon("plus"));
    this.button.addEventListener("click", () => this.chooser.click());
    this.chooser.addEventListener("change", () => { this.add(this.chooser.files); this.chooser.value = ""; });
  }

  get files() {
    return this.byPlace.get(this.place) ?? [];
  }

  open(place) {
    this.place = place;
    this.draw();
  }

  add(files) {
    if (!files.length) return;
    this.put([...this.files, ...files]);
  }

  /** Takes everything away, as when it is sent. */
  take() {
    const { files } = this;
    this.put([]);
    return files;
  }

  put(files) {
    this.byPlace.set(this.place, files);
    this.draw();
    this.onChange();
  }

  /** Lets files be dropped on `box` and pasted into it. */
  welcome(box) {
    box.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) event.preventDefault(); });
    box.addEventListener("drop", (event) => this.receive(event, event.dataTransfer));
    box.addEventListener("paste", (event) => this.receive(event, event.clipboardData));
  }

  receive(event, data) {
    if (!data?.files.length) return;
    event.preventDefault();
    this.add(data.files);
  }

  draw() {
    this.row.hidden = this.files.length === 0;
    this.row.replaceChildren(...this.files.map((file, index) => {
      const away = h("button", { class: "icon-button", type: "button", "aria-label": `Remove ${file.name}` }, icon("close"));
      away.addEventListener("click", () => this.put(this.files.filter((_, at) => at !== index)));
      return h("li", { class: "attached-file", "data-testid": "attached" }, icon("file"), h("span", { dir: "auto" }, file.name), h("span", { class: "file-kind" }, sizeOf(file.size)), away);
    }));
  }
}
