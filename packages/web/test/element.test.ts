// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { h, patch } from '../src/ui/element.ts';

function childrenOf(parent: Element): string[] {
  return [...parent.children].map((child) => child.outerHTML);
}

it('makes the document look as described', () => {
  const root = document.createElement('div');

  patch(root, [h('p', { class: 'a', hidden: true, title: undefined }, 'one ', h('b', {}, 'two')), 'three']);

  expect(root.innerHTML).toBe('<p class="a" hidden="">one <b>two</b></p>three');
});

it('keeps the elements around one that comes and goes', () => {
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

it('replaces what has another key', () => {
  const root = document.createElement('div');
  patch(root, [h('div', { key: 'a' }, h('input'))]);
  const [before] = root.children;

  patch(root, [h('div', { key: 'b' }, h('input'))]);

  expect(root.children[0]).not.toBe(before);
  expect(root.children).toHaveLength(1);
});

it('takes back attributes and listeners that are gone', () => {
  const root = document.createElement('div');
  let presses = 0;
  patch(root, [h('button', { 'aria-disabled': 'true', onclick: () => (presses += 1) })]);
  const button = root.firstElementChild as HTMLButtonElement;
  button.click();

  patch(root, [h('button')]);
  button.click();

  expect(presses).toBe(1);
  expect(button.outerHTML).toBe('<button></button>');
});

it('draws SVG as SVG', () => {
  const root = document.createElement('div');

  patch(root, [h('svg', {}, h('path', { d: 'M0 0' }))]);

  expect(root.querySelector('path')?.namespaceURI).toBe('http://www.w3.org/2000/svg');
});
