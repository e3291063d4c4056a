import { element } from '../phone-page/dom.ts';
import type { Desk, DeskClient } from './desk-client.ts';

/** What apps are told to use: the clients, the audiences, and the other tenants of this process. */
export function clientRows({ clients, audiences, tenants }: Desk): Node[] {
  return [
    ...clients.map(clientRow),
    element('h3', '', audiences.length === 1 ? 'API' : 'APIs'),
    ...audiences.map((audience) => element('p', 'small', audience)),
    ...(tenants.length === 0
      ? []
      : [element('h3', '', 'Other tenants'), element('ul', 'tenants', ...tenants.map(tenantRow))]),
  ];
}

function clientRow(client: DeskClient): HTMLElement {
  const facts = element('dl', 'facts');
  const add = (name: string, value: string): void =>
    facts.append(element('div', '', element('dt', '', name), element('dd', '', value)));
  add('Client ID', client.client_id);
  add('Authentication', client.authentication);
  add('Grants', client.grant_types?.map((grant) => grant.split(/[/:]/).at(-1)).join(', ') ?? 'all');
  add('Callbacks', client.callback_urls?.join(', ') ?? 'anywhere on this machine');
  return element('article', 'client', element('h3', '', client.name), facts);
}

function tenantRow({ name, issuer }: { readonly name: string; readonly issuer: string }): HTMLElement {
  const link = element('a', '', name);
  link.href = `/t/${encodeURIComponent(name)}/`;
  return element('li', '', link, element('span', 'small', ` ${issuer}`));
}
