import { element } from '../phone-page/dom.ts';
import { call, type DeskSetting } from './desk-client.ts';
import type { Act } from './users-panel.ts';

const titles: Readonly<Record<string, string>> = {
  '': 'Tenant',
  dialect: 'Dialect',
  limits: 'Limits',
  lifetimes: 'Lifetimes, in milliseconds',
};

/** Every setting with a control to change it; those that differ from the start say so. */
export function settingGroups(settings: readonly DeskSetting[], act: Act): Node[] {
  return Object.entries(titles).map(([group, title]) => {
    const members = settings.filter((setting) => setting.group === group);
    const changed = members.filter(isChanged).length;
    const summary = element('summary', '', changed === 0 ? title : `${title} (${changed} changed)`);
    const details = element('details', 'group', summary, ...members.map((each) => settingRow(each, act)));
    details.open = group === '' || changed > 0;
    return details;
  });
}

function isChanged({ value, initial }: DeskSetting): boolean {
  return JSON.stringify(value) !== JSON.stringify(initial);
}

function settingRow(setting: DeskSetting, act: Act): HTMLElement {
  const { group, name, value } = setting;
  const control = setting.choices === null ? textControl(value) : choiceControl(setting.choices, value);
  control.id = `setting-${group}-${name}`;
  control.addEventListener('change', () => {
    void act(async () => {
      const next = parse(control.value);
      await call('PATCH', 'settings', group === '' ? { [name]: next } : { [group]: { [name]: next } });
    }, `${name} is changed.`);
    control.blur();
  });
  const label = element('label', '', name);
  label.htmlFor = control.id;
  return element('div', isChanged(setting) ? 'setting changed' : 'setting', label, control);
}

function choiceControl(choices: readonly unknown[], value: unknown): HTMLSelectElement {
  const select = element('select', '');
  for (const choice of choices) select.add(new Option(String(choice), JSON.stringify(choice)));
  select.value = JSON.stringify(value);
  return select;
}

function textControl(value: unknown): HTMLInputElement {
  const input = element('input', '');
  input.value = JSON.stringify(value ?? null);
  input.spellcheck = false;
  return input;
}

/** JSON, or a plain word as text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
