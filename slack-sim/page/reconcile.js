// Brings a list on screen in line with its data, touching only what changed, so focus and scrolling survive.

const signatures = new WeakMap();

/**
 * `items` are `{ key, sig, build, update? }`: an element is built once per key, and rebuilt
 * (or updated in place, if the item can) when its signature differs from the last time.
 */
export function reconcile(container, items) {
  const wanted = new Set(items.map((item) => item.key));
  const present = new Map();
  for (const el of [...container.children]) {
    if (wanted.has(el.dataset.key)) present.set(el.dataset.key, el);
    else el.remove();
  }
  let cursor = container.firstElementChild;
  for (const item of items) {
    const before = present.get(item.key);
    const el = before ? refresh(before, item) : create(item);
    if (cursor === before && before) cursor = el;
    if (el === cursor) cursor = cursor.nextElementSibling;
    else container.insertBefore(el, cursor);
  }
}

function create(item) {
  const el = item.build();
  el.dataset.key = item.key;
  signatures.set(el, item.sig);
  item.update?.(el);
  return el;
}

function refresh(el, item) {
  if (signatures.get(el) === item.sig) return el;
  if (item.update) {
    item.update(el);
    signatures.set(el, item.sig);
    return el;
  }
  const fresh = create(item);
  const place = focusIn(el);
  el.replaceWith(fresh);
  if (place) (place.action && fresh.querySelector(`[data-action-id="${CSS.escape(place.action)}"]`) || fresh).focus({ preventScroll: true });
  return fresh;
}

/** Where the focus is inside an element about to be replaced, or null. */
function focusIn(el) {
  return el.contains(document.activeElement) ? { action: document.activeElement.dataset.actionId } : null;
}
