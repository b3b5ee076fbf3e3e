// Elements in one line.

export function element(tag, className, properties = {}, children = []) {
  const made = Object.assign(document.createElement(tag), properties);
  made.className = className;
  made.append(...children);
  return made;
}

const ICONS = {
  play: "M7 4v16l13-8z",
  pause: "M6 4h4v16H6zM14 4h4v16h-4z",
  loop: "M7 7h10v3l4-4-4-4v3H5v6h2zM17 17H7v-3l-4 4 4 4v-3h12v-6h-2z",
  loud: "M3 9v6h4l5 5V4L7 9zM14 8a5 5 0 0 1 0 8v-2a3 3 0 0 0 0-4zM14 4a9 9 0 0 1 0 16v-2a7 7 0 0 0 0-12z",
  mute: "M3 9v6h4l5 5V4L7 9zM15 9l6 6m0-6l-6 6",
  download: "M11 3h2v9h4l-5 5-5-5h4zM4 19h16v2H4z",
};

// Only where it is another one: this is asked for with every picture of the page.
export function setIcon(button, name) {
  if (button.dataset.icon === name) return;
  button.dataset.icon = name;
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
