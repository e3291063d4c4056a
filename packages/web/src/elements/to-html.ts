import { type ControlAction, type Detail, TYPED_MEMBERS } from './control-action.ts';
import { attributesOf, type ElementSpec } from './element.ts';

/** Where the form and the links of a page without script lead. */
export interface FormTarget {
  /** The URL for events. */
  readonly action: string;
  readonly enctype?: string;
  /** The URL that starts a flow. */
  readonly start: string;
  /** The URL of the page that shows this detail. */
  readonly page: (detail: Detail) => string;
  /** Hidden fields, as names and values. */
  readonly fields: readonly (readonly [string, string])[];
}

const VOID_TAGS: readonly string[] = ['input'];

/**
 * Writes an element as HTML that works without a script. A button that sends a request becomes a submit button whose
 * `event` is the request as JSON; what the user types is sent beside it.
 */
export function toHtml(child: ElementSpec | string, target: FormTarget): string {
  if (typeof child === 'string') return escapeHtml(child);
  const { onPress: action } = child.props;
  const isLink = action !== undefined && 'show' in action;
  const tag = isLink ? 'a' : child.tag;
  const attributes = new Map([...attributesOf(child.props), ...behaviour(child, target)]);
  if (isLink) attributes.delete('type');
  const start = `<${tag}${write(attributes)}>`;
  if (VOID_TAGS.includes(tag)) return start;
  const children = child.children.map((one) => toHtml(one, target)).join('');
  return `${start}${children}${tag === 'form' ? hidden(target.fields) : ''}</${tag}>`;
}

/** The attributes that make the element work without a script. */
function behaviour({ tag, props }: ElementSpec, target: FormTarget): readonly (readonly [string, string])[] {
  if (tag === 'form') {
    const { action, enctype } = target;
    return Object.entries({ method: 'post', action, ...(enctype !== undefined && { enctype }) });
  }
  if (tag === 'input' && TYPED_MEMBERS.some((member) => member === props.name)) return [['autofocus', '']];
  const { onPress: action } = props;
  if (action === undefined) return [];
  if ('show' in action) return [['href', target.page(action.show)]];
  return Object.entries({
    type: 'submit',
    ...submission(action, target),
    // A user who cancels need not fill in anything.
    ...(props.type !== 'submit' && { formnovalidate: '' }),
  });
}

function submission(action: ControlAction, { start }: FormTarget): Readonly<Record<string, string>> {
  if ('leave' in action)
    return { formaction: start, ...(action.leave === 'takeOver' && { name: 'take_over', value: 'true' }) };
  if (!('send' in action)) return {};
  if (action.send.type === 'flow.start') return { formaction: start };
  return { name: 'event', value: JSON.stringify(action.send) };
}

function hidden(fields: FormTarget['fields']): string {
  return fields
    .map(([name, value]) => `<input${write(Object.entries({ type: 'hidden', name, value }))}>`)
    .join('');
}

function write(attributes: Iterable<readonly [string, string]>): string {
  return [...attributes]
    .map(([name, value]) => (value === '' ? ` ${name}` : ` ${name}="${escapeHtml(value)}"`))
    .join('');
}

/** Escapes text for an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
