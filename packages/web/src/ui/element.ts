/** A description of an element: what {@link patch} makes the document look like. */
export interface ElementSpec {
  readonly tag: string;
  readonly props: Props;
  readonly children: readonly (ElementSpec | string)[];
}

/** Attributes, and listeners under their `onclick`-like names. `key` tells siblings of one tag apart. */
export interface Props {
  readonly key?: string;
  readonly onclick?: (event: Event) => void;
  readonly onsubmit?: (event: Event) => void;
  readonly onchange?: (event: Event) => void;
  readonly [attribute: string]: string | number | boolean | undefined | ((event: Event) => void);
}

/** Describes an element. Children that are `false` or `undefined` are left out. */
export function h(
  tag: string,
  props: Props = {},
  ...children: readonly (ElementSpec | string | false | undefined)[]
): ElementSpec {
  return { tag, props, children: children.filter((child) => child !== false && child !== undefined) };
}

const rendered = new WeakMap<Node, ElementSpec>();
const svgTags: readonly string[] = ['svg', 'path', 'circle', 'rect'];

/**
 * Makes the children of `parent` look as described, and touches nothing that already does: what the user typed,
 * the focus and the selection stay. Text becomes text nodes, never markup.
 */
export function patch(parent: Node, children: ElementSpec['children']): void {
  children.forEach((child, index) => {
    let node = parent.childNodes[index];
    // An element that went away: whatever stood before the one that is wanted now.
    if (!matches(node, child) && !children.slice(index + 1).some((later) => matches(node, later))) {
      const found = [...parent.childNodes].slice(index).findIndex((later) => matches(later, child));
      for (let surplus = 0; surplus < found; surplus += 1) parent.childNodes[index]?.remove();
      node = parent.childNodes[index];
    }
    const target = matches(node, child) ? node : parent.insertBefore(create(child), node ?? null);
    if (typeof child !== 'string') patchElement(target as Element, child);
    else if (target.nodeValue !== child) target.nodeValue = child;
  });
  while (parent.childNodes.length > children.length) parent.lastChild?.remove();
}

function matches(node: Node | undefined, child: ElementSpec | string): node is ChildNode {
  if (node === undefined) return false;
  if (typeof child === 'string') return node.nodeType === Node.TEXT_NODE;
  const spec = rendered.get(node);
  return spec?.tag === child.tag && spec.props.key === child.props.key;
}

function create(child: ElementSpec | string): Node {
  if (typeof child === 'string') return document.createTextNode(child);
  return svgTags.includes(child.tag)
    ? document.createElementNS('http://www.w3.org/2000/svg', child.tag)
    : document.createElement(child.tag);
}

function patchElement(element: Element, spec: ElementSpec): void {
  const before = rendered.get(element)?.props ?? {};
  for (const name of Object.keys(before)) if (!(name in spec.props)) setProp(element, name, undefined);
  for (const [name, value] of Object.entries(spec.props)) {
    if (before[name] !== value) setProp(element, name, value);
  }
  rendered.set(element, spec);
  patch(element, spec.children);
}

function setProp(element: Element, name: string, value: Props[string]): void {
  if (name === 'key') return;
  if (name.startsWith('on')) Object.assign(element, { [name]: value ?? null });
  else if (value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : String(value));
}
