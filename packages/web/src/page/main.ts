import { readAction } from '../refusal.ts';
import { createRemoteStepUp } from '../remote-step-up.ts';
import { renderFlow } from '../ui/render-flow.ts';

/** How long "Confirmed" stays before the page goes back. */
const FAREWELL_MS = 1_200;

/** What `history.state` holds once the flow was started here: it is there again after a reload, and only then. */
const STARTED = 'stepgate-started';

/**
 * The built-in page: takes up its flow after a reload, otherwise waits for a click. Nothing is sent to a phone by
 * opening it, and a flow that was started elsewhere, for something else maybe, is not shown as this one.
 */
async function openPage(main: HTMLElement): Promise<void> {
  const { basePath = '/step-up', requirement } = main.dataset;
  const returnTo = sameOrigin(main.dataset.returnTo);
  const card = document.createElement('div');
  const goBack = history.length > 1 ? () => history.back() : undefined;
  const options = { basePath, ...(requirement !== undefined && { requirement }) };
  let isFirst = true;

  function open(stepUp: ReturnType<typeof createRemoteStepUp>): void {
    const stopRendering = renderFlow(card, stepUp, {
      action: readAction(parseJson(main.dataset.action)),
      goBack,
      restart: requirement === undefined ? undefined : restart,
      continueTo: returnTo,
      keepsFirstFocus: isFirst,
      onScreen(heading) {
        document.title = heading;
      },
    });
    isFirst = false;
    stepUp.subscribe({
      next({ view }) {
        if (view.state !== 'idle' && history.state !== STARTED) history.replaceState(STARTED, '');
      },
      complete() {
        if (stepUp.view.state === 'approved' && returnTo !== undefined) {
          setTimeout(() => location.replace(returnTo), FAREWELL_MS);
        }
      },
    });

    function restart(): void {
      stopRendering();
      open(createRemoteStepUp(options));
    }
  }

  const stepUp = createRemoteStepUp(options);
  if (requirement === undefined || history.state === STARTED) await stepUp.join();
  const site = document.createElement('p');
  site.className = 'site';
  site.textContent = location.host;
  main.replaceChildren(card, site);
  open(stepUp);
}

/** The server checks it too; a page that goes wherever its HTML says is worth a second look. */
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
if (main !== null) void openPage(main);
