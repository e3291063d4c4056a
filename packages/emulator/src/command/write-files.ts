import { writeFile } from 'node:fs/promises';
import { initialConfig } from './initial-config.ts';

/** Writes a configuration file to begin with; one that is there is left as it is. */
export async function writeInitialConfig(file: string): Promise<string> {
  await writeFile(file, initialConfig(), { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? new Error(`There is a file ${file} already`) : error;
  });
  return `${file} is written: stepgate-emulator --config ${file}\n`;
}

/** Writes the tenant at an address into a file that nobody else may read, since it holds every secret. */
export async function writeExport({
  file,
  url,
}: {
  readonly file: string;
  readonly url: string;
}): Promise<string> {
  const address = new URL('_emulator/export', url.endsWith('/') ? url : `${url}/`);
  const response = await fetch(address).catch(() => {
    throw new Error(`There is no emulator at ${url}; say where it is with --url`);
  });
  if (!response.ok) throw new Error(`GET ${address} answered ${response.status}`);
  await writeFile(file, `${JSON.stringify(await response.json(), null, 2)}\n`, { mode: 0o600 });
  return `${file} is written: stepgate-emulator --import ${file}\n`;
}
