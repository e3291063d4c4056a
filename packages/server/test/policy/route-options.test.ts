import { expect, it } from 'vitest';
import { assertRouteOptions } from '../../src/policy/route-options.ts';

it.each([
  [null, /^options: must be an object/],
  [{ replay: 'yes' }, /^options.replay: must be true or false/],
  [{ reply: true }, /^options.reply: is not an option/],
])('refuses %j, and names what is wrong', (options, message) => {
  expect(() => assertRouteOptions(options as never)).toThrow(TypeError);
  expect(() => assertRouteOptions(options as never)).toThrow(message);
});

it('accepts no options, and replay', () => {
  expect(() => assertRouteOptions({})).not.toThrow();
  expect(() => assertRouteOptions({ replay: true })).not.toThrow();
});
