import { DETAILS } from '../elements/control-action.ts';
import { createRemoteStepUp } from '../remote/remote-step-up.ts';
import { readAction } from '../screens/step-up-action.ts';
import { renderFlow } from '../ui/render-flow.ts';
import { textsOfPage } from './page-data.ts';

/** How long "Confirmed" stays on the screen before the page goes back. */
const FAREWELL_MS = 1_200;

/** Marks the URL of a page that was reloaded because its flow had moved on. It is not reloaded twice. */
const RELOADED = 'reloaded';

/**
 * Takes over the built-in page: what the server has drawn stays where it is, and its buttons no longer load a page.
 * Opening the page sends nothing to a phone.
 */
async function openPage(main: HTMLElement, card: HTMLElement): Promise<void> {
  const { basePath = '/step-up', requirement, state = 'idle' } = main.dataset;
  const ticket = { ...(requirement !== undefined && { requirement }) };
  const address = `${basePath}?${new URLSearchParams(ticket)}`;
  // The form was refused: the server draws the last screen, which sends it again if it is kept.
  const hasForm = main.dataset.form !== undefined;
  // A link serves one flow.
  const isForOther = main.dataset.forOther !== undefined;
  const returnTo = hasForm ? undefined : sameOrigin(main.dataset.returnTo);
  const leaveTo = sameOrigin(main.dataset.leaveTo);
  const options = { basePath, ...ticket };
  const { flow: texts } = textsOfPage();
  let isFirst = true;

  function open(stepUp: ReturnType<typeof createRemoteStepUp>): void {
    const stopRendering = renderFlow(card, stepUp, {
      texts,
      action: readAction(parseJson(main.dataset.action)),
      detail: DETAILS.find((detail) => isFirst && detail === main.dataset.show),
      leaveTo,
      goBack: history.length > 1 ? () => history.back() : undefined,
      restart: requirement === undefined || isForOther ? undefined : restart,
      continueTo: returnTo,
      startsOnPage: main.dataset.startsOnPage !== undefined,
      unkept: (['file', 'size'] as const).find((why) => why === main.dataset.unkept),
      isForOther,
      keepsFirstFocus: isFirst,
      onScreen(heading) {
        document.title = heading;
      },
    });
    isFirst = false;
    stepUp.subscribe({
      complete() {
        if (stepUp.view.state === 'approved') goOn();
      },
    });

    function restart(): void {
      stopRendering();
      open(createRemoteStepUp(options));
    }
  }

  function goOn(): void {
    if (hasForm) location.replace(address);
    else if (returnTo !== undefined) setTimeout(() => location.replace(returnTo), FAREWELL_MS);
  }

  // A flow that has ended needs no script: a new flow and the kept form are page loads.
  if (state === 'cancelled' || (state === 'approved' && hasForm)) return;
  if (state === 'approved') return goOn();
  // The click that asked for it was on the page before.
  if (main.dataset.leave !== undefined) return location.replace(main.dataset.leave);
  const stepUp = createRemoteStepUp(options);
  if (state === 'idle' || (await stepUp.join())) return open(stepUp);
  if (new URLSearchParams(location.search).has(RELOADED)) return;
  location.replace(`${address}&${RELOADED}`);
}

/** The server checks the URL too. This is a second check, so that the page cannot be led to another site by its HTML. */
function sameOrigin(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const url = new URL(path, location.origin);
  return url.origin === location.origin ? url.href : undefined;
}

function parseJson(json = 'null'): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const main = document.getElementById('stepgate');
const card = document.getElementById('card');
if (main !== null && card !== null) void openPage(main, card);
