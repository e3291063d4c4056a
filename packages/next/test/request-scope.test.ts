import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, it } from 'vitest';
import { inRequestScope } from '../src/request-scope.ts';

it('asks about a request in the scope in which it came, also later and from another one', () => {
  const scope = new AsyncLocalStorage<string>();
  const ask = inRequestScope((_request: Request, again: boolean) => [scope.getStore(), again]);
  const [one, other] = [new Request('http://bank.test/'), new Request('http://bank.test/')];

  expect(scope.run('one', () => ask(one, false))).toEqual(['one', false]);
  expect(scope.run('other', () => [ask(one, true), ask(other, false)])).toEqual([
    ['one', true],
    ['other', false],
  ]);
  expect(ask(other, true)).toEqual(['other', true]);
});
