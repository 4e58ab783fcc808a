// Nodes from plain calls, and a page made to look like a freshly drawn one. Text is never markup.
//
// There are no listeners on nodes: an element says data-do="name" and console.js finds the action of that name. So a
// node that is kept from the last drawing can never call what an older drawing meant.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "path", "rect", "line", "text", "g", "title"]);

// h("button.primary", {"data-do": "send"}, "Send"): children are nodes, texts, numbers, lists; null is left out.
export function h(selector, attributes, ...children) {
  const [tag, ...classes] = selector.split(".");
  const node = SVG_TAGS.has(tag) && tag !== "title" ? document.createElementNS(SVG, tag) : document.createElement(tag);
  if (classes.length) node.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") {
      // A policy without 'unsafe-inline' refuses the attribute, but not its properties.
      for (const [property, text] of Object.entries(value)) node.style.setProperty(property, text);
    } else if (name === "value") {
      node.setAttribute("data-value", value);
      node.value = value;
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(node, child);
    else node.append(child instanceof Node ? child : String(child));
  }
}

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("data-key") : null);

// Make *old* like *fresh*. What is the same stays the same node, so focus, selection and scrolling stay, too.
export function patch(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || keyOf(old) !== keyOf(fresh)) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  patchAttributes(old, fresh);
  patchChildren(old, fresh);
  if (old.nodeName === "SELECT" && fresh.hasAttribute("data-value")) old.value = fresh.getAttribute("data-value");
}

function patchAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (name !== "style" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== "style" && old.getAttribute(name) !== value) {
      old.setAttribute(name, value);
      // What somebody types is kept; what the page sets anew is shown.
      if (name === "data-value" && old !== document.activeElement) old.value = value;
    }
  }
  if (old.style && old.style.cssText !== fresh.style.cssText) old.style.cssText = fresh.style.cssText;
}

function patchChildren(old, fresh) {
  const keyed = new Map();
  for (const child of old.childNodes) if (keyOf(child) !== null) keyed.set(keyOf(child), child);
  let place = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const key = keyOf(child);
    const known = key === null ? null : keyed.get(key);
    if (known) {
      if (known === place) place = place.nextSibling;
      else old.insertBefore(known, place);
      patch(known, child);
    } else if (place && key === null && keyOf(place) === null) {
      const next = place.nextSibling;
      patch(place, child);
      place = next;
    } else {
      old.insertBefore(child, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}
