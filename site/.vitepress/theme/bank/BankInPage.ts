import { defineComponent, h, onMounted, onUnmounted, ref } from 'vue';

const button = (name: string, text: string, isToggle = false, isPressed = false) =>
  h(
    'button',
    { type: 'button', 'data-bank': name, ...(isToggle && { 'aria-pressed': String(isPressed) }) },
    text,
  );

/** The bank, the dialog, the phone, the state chart and the timeline. The script behind them is loaded by itself. */
export const BankInPage = defineComponent({
  name: 'BankInPage',
  setup(_, { slots }) {
    const root = ref<HTMLElement>();
    let end: (() => void) | undefined;
    let isGone = false;
    onMounted(async () => {
      const { startBank } = await import('./start.ts');
      if (root.value === undefined || isGone) return;
      end = await startBank(root.value);
      if (isGone) end();
    });
    onUnmounted(() => {
      isGone = true;
      end?.();
    });

    return () =>
      h('section', { ref: root, class: 'bank-in-page', 'aria-label': 'A bank in this page' }, [
        h('div', { class: 'stage' }, [
          h('div', { class: 'bank' }, [
            h('h2', { class: 'bank-name' }, 'Bank'),
            h('p', ['Signed in as ', h('b', 'ada')]),
            h('p', { class: 'balance', 'data-bank': 'balance' }, '1,240.00 EUR'),
            h(
              'button',
              { type: 'button', class: 'primary', 'data-bank': 'transfer' },
              'Transfer 250 EUR to Grace',
            ),
            h('div', { 'data-bank': 'dialog' }),
            h('p', { role: 'status', 'data-bank': 'result' }),
          ]),
          h('div', { class: 'phone-place' }, [
            h('div', { 'data-bank': 'phone' }),
            h('p', { class: 'lost-note' }, [
              'The phone is gone. In the drawer is a recovery code: ',
              h('code', { 'data-bank': 'note' }),
            ]),
          ]),
        ]),
        h('div', { class: 'what-if', role: 'group', 'aria-label': 'Way' }, [
          h('span', 'Ask'),
          button('way-ciba', 'by CIBA: the phone shows what', true, true),
          button('way-mfa', 'by the MFA API', true),
        ]),
        h('div', { class: 'what-if', role: 'group', 'aria-label': 'What if' }, [
          h('span', 'What if'),
          button('deny', 'Ada denies'),
          button('expire', 'five minutes pass'),
          button('network', 'the network is down', true),
          button('lost', 'the phone is lost', true),
          button('new-phone', 'there is no phone yet'),
          button('restart', 'start over'),
        ]),
        h('h2', 'Where the flow stands'),
        h('div', { class: 'live-chart', 'data-bank': 'chart' }, slots.chart?.()),
        h('p', { class: 'trail', 'data-bank': 'trail' }),
        h('div', { class: 'behind' }, [
          h('div', [
            h('h2', 'What goes to the tenant'),
            h(
              'div',
              {
                class: 'timeline',
                tabindex: '0',
                role: 'region',
                'aria-label': 'Requests to the tenant, newest first',
              },
              h('ol', { 'data-bank': 'timeline' }),
            ),
          ]),
          h('div', [h('h2', 'The code that does it'), slots.code?.()]),
        ]),
      ]);
  },
});
