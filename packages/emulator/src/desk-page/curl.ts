import type { WireRequest } from './desk-client.ts';

const hidden = /\[hidden(?: [0-9a-f]{6})?\]/;

/**
 * The request as a command for a shell. In place of each secret stands a variable with its name, such as `$MFA_TOKEN`.
 */
export function toCurl(issuer: string, request: WireRequest): string {
  const { method, path, params = {}, headers = {} } = request;
  const url = new URL(path.slice(1), issuer).href;
  const parts = [`curl ${method === 'GET' ? '' : `-X ${method} `}`];
  const isJson = /json/i.test(headers['content-type'] ?? '');
  if (headers.authorization !== undefined) {
    const name = headers.authorization.startsWith('Basic') ? 'BASIC_CREDENTIALS' : 'TOKEN';
    parts.push(`-H ${quote(`authorization: ${headers.authorization}`, name)}`);
  }
  if (method === 'GET' || method === 'DELETE') {
    const names = Object.keys(params);
    if (names.length > 0)
      parts.push('-G', ...names.map((name) => `--data-urlencode ${member(name, params)}`));
  } else if (isJson) {
    parts.push(`-H ${quote('content-type: application/json')}`, `-d ${quoteJson(params)}`);
  } else {
    parts.push(...Object.keys(params).map((name) => `--data-urlencode ${member(name, params)}`));
  }
  return [`${parts[0] ?? ''}${quote(url)}`, ...parts.slice(1)].join(' \\\n  ');
}

function member(name: string, params: Readonly<Record<string, unknown>>): string {
  const value = params[name];
  return quote(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`, toVariable(name));
}

function toVariable(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

/** For a POSIX shell: single quotes, which are left for the variable alone. */
function quote(text: string, variable = 'SECRET'): string {
  return text
    .split(hidden)
    .map((part) => `'${part.replaceAll("'", "'\\''")}'`)
    .join(`"$${variable}"`)
    .replaceAll(/(?<!\\)''/g, '');
}

function quoteJson(params: Readonly<Record<string, unknown>>): string {
  const json = JSON.stringify(params);
  const names = [...json.matchAll(/"([^"]+)":"\[hidden/g)].map(([, name = '']) => toVariable(name));
  let at = 0;
  return json
    .split(hidden)
    .map((part) => `'${part.replaceAll("'", "'\\''")}'`)
    .reduce((text, part) => `${text}"$${names[at++] ?? 'SECRET'}"${part}`);
}
