// Entries of our lists in the page's language: the page translates names and tooltips of inputs, but no entries.
// The words stand with those, in locales/LANGUAGE/nodeDefs.json, as `options` of an input.

const LACKS = " lacks "; // between a system's name and what is missing of it

// What an entry is called, by the `options` of its input; files have the names that they have.
export function named(entry, options) {
  if (options[entry]) return options[entry];
  const [name, missing] = String(entry).split(LACKS);
  if (missing === undefined || !options[LACKS]) return entry;
  return name + options[LACKS] + missing.split(", ").map((part) => options[part] ?? part).join(", ");
}

// Gives the lists of a node their words; `inputs` are those of the node in the locale file.
export function nameEntries(node, inputs) {
  for (const widget of node.widgets ?? []) {
    const options = inputs?.[widget.name]?.options;
    if (options && widget.options) widget.options.getOptionLabel = (entry) => named(entry ?? "", options);
  }
}
