import type { ControlAction } from './control-action.ts';

/** A description of an element. `patch` changes the document to match it, and `toHtml` writes it as HTML. */
export interface ElementSpec {
  readonly tag: string;
  readonly props: Props;
  readonly children: readonly (ElementSpec | string)[];
}

/** Attributes. `key` distinguishes siblings with the same tag; `onPress` says what the control does. */
export interface Props {
  readonly key?: string;
  readonly onPress?: ControlAction;
  readonly [attribute: string]: string | number | boolean | undefined | ControlAction;
}

/** Describes an element. Children that are `false` or `undefined` are left out. */
export function h(
  tag: string,
  props: Props = {},
  ...children: readonly (ElementSpec | string | false | undefined)[]
): ElementSpec {
  return { tag, props, children: children.filter((child) => child !== false && child !== undefined) };
}

/** The attributes as text. Those that are absent or `false` are left out. */
export function attributesOf({ key: _key, ...props }: Props): ReadonlyMap<string, string> {
  const written = new Map<string, string>();
  for (const [name, value] of Object.entries(props)) {
    if (value === true) written.set(name, '');
    else if (typeof value === 'string' || typeof value === 'number') written.set(name, String(value));
  }
  return written;
}
