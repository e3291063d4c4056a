// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { h } from '../../src/elements/element.ts';
import { actionOf, patch } from '../../src/elements/patch.ts';

function childrenOf(parent: Element): string[] {
  return [...parent.children].map((child) => child.outerHTML);
}

it('changes the document to match the description', () => {
  const root = document.createElement('div');

  patch(root, [h('p', { class: 'a', hidden: true, title: undefined }, 'one ', h('b', {}, 'two')), 'three']);

  expect(root.innerHTML).toBe('<p class="a" hidden="">one <b>two</b></p>three');
});

it('keeps the elements around one that is added and removed', () => {
  const root = document.createElement('div');
  const input = h('input', { name: 'code' });
  patch(root, [h('p', {}, 'a'), input]);
  const [, element] = root.children;

  patch(root, [h('p', {}, 'a'), h('p', { key: 'error' }, 'wrong'), input]);
  expect(root.children[2]).toBe(element);
  patch(root, [input]);
  expect(root.children[0]).toBe(element);
  expect(childrenOf(root)).toEqual(['<input name="code">']);
});

it('replaces an element whose key has changed', () => {
  const root = document.createElement('div');
  patch(root, [h('div', { key: 'a' }, h('input'))]);
  const [before] = root.children;

  patch(root, [h('div', { key: 'b' }, h('input'))]);

  expect(root.children[0]).not.toBe(before);
  expect(root.children).toHaveLength(1);
});

it('removes attributes and actions that are no longer described', () => {
  const root = document.createElement('div');
  patch(root, [h('button', { 'aria-disabled': 'true', onPress: { show: 'ways' } })]);
  const button = root.firstElementChild as HTMLButtonElement;
  expect(actionOf(button)).toEqual({ show: 'ways' });

  patch(root, [h('button')]);

  expect(actionOf(button)).toBeUndefined();
  expect(button.outerHTML).toBe('<button></button>');
});

it('reuses the page’s elements, with their text and focus', () => {
  const root = document.createElement('div');
  document.body.append(root);
  root.innerHTML = '<p class="old" hidden="">a</p><input name="code"><input type="hidden" name="version">';
  const [text, input] = root.children as unknown as [Element, HTMLInputElement];
  input.value = '123';
  input.focus();

  patch(root, [h('p', { class: 'new' }, 'b'), h('input', { name: 'code' })]);

  expect([...root.children]).toEqual([text, input]);
  expect(text.outerHTML).toBe('<p class="new">b</p>');
  expect(input.value).toBe('123');
  expect(document.activeElement).toBe(input);
  root.remove();
});

it('draws SVG as SVG', () => {
  const root = document.createElement('div');

  patch(root, [h('svg', {}, h('path', { d: 'M0 0' }))]);

  expect(root.querySelector('path')?.namespaceURI).toBe('http://www.w3.org/2000/svg');
});
