import { contentSecurityPolicy } from './phone-page.ts';

const minute = 60_000;

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Desk · Stepgate emulator</title>
<link rel="icon" href="/_emulator/assets/icon.svg">
<link rel="stylesheet" href="/_emulator/assets/desk.css">
<script type="module" src="/_emulator/assets/desk.js"></script>
</head>
<body>
<header class="top">
<img src="/_emulator/assets/icon.svg" alt="" width="36" height="36">
<div class="name"><h1>Stepgate emulator</h1><p id="issuer"></p></div>
<div class="clock" role="group" aria-label="Clock of the tenant">
<p><time id="clock"></time> <span id="date"></span></p>
<button type="button" class="plain" data-advance="${minute}">+1 min</button>
<button type="button" class="plain" data-advance="${5 * minute}">+5 min</button>
<button type="button" class="plain" data-advance="${60 * minute}">+1 h</button>
</div>
<button type="button" class="no" id="reset">Reset tenant</button>
</header>
<p id="offline" class="banner bad" role="alert" hidden></p>
<p id="announcer" class="banner" role="status" hidden></p>
<main>
<section class="timeline" aria-labelledby="timeline-title">
<div class="heading"><h2 id="timeline-title">Requests</h2><p id="count" class="small" role="status"></p></div>
<div class="filters" role="search" aria-label="Filter requests">
<input id="search" type="search" placeholder="Search (press /)" aria-label="Search in requests and answers" autocomplete="off" spellcheck="false">
<select id="by-user" aria-label="User"><option value="">All users</option></select>
<select id="by-flow" aria-label="Flow"><option value="">All flows</option></select>
<select id="by-outcome" aria-label="Outcome"><option value="all">All outcomes</option><option value="failed">Failed</option><option value="open">Not answered yet</option></select>
<label class="check"><input id="with-polls" type="checkbox"> Pending polls</label>
<button type="button" class="plain" id="clear-filter">Clear</button>
</div>
<ol id="requests"></ol>
<p id="nothing" class="empty" hidden></p>
</section>
<aside aria-label="Tenant">
<details class="panel" open><summary><h2>Users and phones<span id="waiting"></span></h2></summary>
<div id="users"></div>
<details class="group"><summary>Add a user</summary><form id="add-user" class="inline"><label for="new-username">Username</label><input id="new-username" name="username" required maxlength="128" autocomplete="off" autocapitalize="none" spellcheck="false"><label for="new-password">Password</label><input id="new-password" name="password" required maxlength="1024" autocomplete="off" spellcheck="false"><button class="yes">Add user</button></form></details>
</details>
<details class="panel"><summary><h2>Clients and APIs</h2></summary><div id="clients"></div></details>
<details class="panel"><summary><h2>Settings</h2></summary><p class="small">A value is JSON or a word. It applies from the next request on, until the tenant is reset.</p><div id="settings"></div></details>
<details class="panel"><summary><h2>Faults<span id="fault-count"></span></h2></summary>
<div id="faults"></div>
<form id="add-fault" class="inline">
<label for="fault-path">Path</label><input id="fault-path" name="path" placeholder="/mfa/* (default: any)" autocomplete="off" spellcheck="false">
<label for="fault-username">User</label><input id="fault-username" name="username" placeholder="any" autocomplete="off" spellcheck="false">
<label for="fault-effect">Effect</label><select id="fault-effect" name="effect"><option value="500">answers 500</option><option value="503">answers 503</option><option value="429">answers 429</option><option value="drop-before">dropped before the emulator acts</option><option value="drop-after">dropped after it acted</option><option value="delay">waits 5 seconds</option></select>
<label for="fault-times">Times</label><input id="fault-times" name="times" type="number" min="1" value="1" required>
<button class="yes">Add fault</button><button type="button" class="plain" id="clear-faults">Clear faults</button>
</form>
</details>
<details class="panel"><summary><h2>Log</h2></summary>
<p class="small">The newest events of the tenant's log, as <code>GET /api/v2/logs</code> has them.</p>
<div id="log-events"></div>
<h3>Log streams</h3>
<div id="log-streams"></div>
<details class="group"><summary>Add a log stream</summary><form id="add-log-stream" class="inline">
<label for="stream-name">Name</label><input id="stream-name" name="name" required maxlength="128" autocomplete="off" spellcheck="false">
<label for="stream-endpoint">Endpoint</label><input id="stream-endpoint" name="endpoint" type="url" placeholder="http://localhost:3000/logs" required autocomplete="off" spellcheck="false">
<label for="stream-authorization">Authorization</label><input id="stream-authorization" name="authorization" placeholder="Bearer … (optional)" autocomplete="off" spellcheck="false">
<button class="yes">Add log stream</button></form></details>
</details>
</aside>
</main>
<dialog id="confirm-reset" aria-labelledby="confirm-title">
<form method="dialog"><h2 id="confirm-title">Reset the tenant?</h2><p>Users, phones, tokens, settings, faults, clock and requests go back to the start.</p>
<div class="row-actions"><button class="plain" value="cancel" autofocus>Cancel</button><button class="no" value="reset">Reset</button></div></form>
</dialog>
<noscript><p class="empty">The desk needs JavaScript. Tests can use the control API instead.</p></noscript>
</body>
</html>
`;

/** The desk: who and what there is, and every request as it happens. */
export function deskPageResponse(): Response {
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  });
}
