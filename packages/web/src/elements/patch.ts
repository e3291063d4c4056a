import type { ControlAction } from './control-action.ts';
import { attributesOf, type ElementSpec } from './element.ts';

const rendered = new WeakMap<Node, ElementSpec>();
const svgTags: readonly string[] = ['svg', 'path', 'circle', 'rect'];

/**
 * Changes the children of `parent` to match the description, and nothing that already matches: what the user typed, the
 * focus and the selection stay. Elements that came with the page are reused. Text becomes text nodes, never markup.
 */
export function patch(parent: Node, children: ElementSpec['children']): void {
  children.forEach((child, index) => {
    let node = parent.childNodes[index];
    // If the wanted element comes later, what stands before it is no longer described.
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

/** What a control does. */
export function actionOf(control: Element): ControlAction | undefined {
  return rendered.get(control)?.props.onPress;
}

function matches(node: Node | undefined, child: ElementSpec | string): node is ChildNode {
  if (node === undefined) return false;
  if (typeof child === 'string') return node.nodeType === Node.TEXT_NODE;
  const spec = rendered.get(node);
  if (spec === undefined) return (node as Partial<Element>).localName === child.tag;
  return spec.tag === child.tag && spec.props.key === child.props.key;
}

function create(child: ElementSpec | string): Node {
  if (typeof child === 'string') return document.createTextNode(child);
  return svgTags.includes(child.tag)
    ? document.createElementNS('http://www.w3.org/2000/svg', child.tag)
    : document.createElement(child.tag);
}

function patchElement(element: Element, spec: ElementSpec): void {
  const known = rendered.get(element);
  const before = known ? attributesOf(known.props) : new Map([...element.attributes].map(toEntry));
  const now = attributesOf(spec.props);
  for (const name of before.keys()) if (!now.has(name)) element.removeAttribute(name);
  for (const [name, value] of now) if (before.get(name) !== value) element.setAttribute(name, value);
  rendered.set(element, spec);
  patch(element, spec.children);
}

function toEntry({ name, value }: Attr): readonly [string, string] {
  return [name, value];
}
