// @ts-check

/**
 * The chat page that `npm start` serves, on the client's public API and the page itself: no framework.
 */

import LineClient from 'line-socket-native/client-web';

/** Close code of a server that goes; another may come. */
const GOING_AWAY = 1001;

/** Round trips shown, one a second. */
const SHOWN = 60;

/** What the states of a client are called, besides `connected`. @type {Record<string, string>} */
const STATES = {
  ready: 'not connected',
  connecting: 'connecting…',
  handshaking: 'connecting…',
  disconnecting: 'not connected',
  disconnected: 'not connected',
};

/** @param {string} id */
const find = (id) => /** @type {any} */ (document.getElementById(id));

/** Round trip times in ms, oldest first. @type {number[]} */
const times = [];
/** What no other page knows: by it the servers know this page again. */
const key = Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('');
/** What other servers have not got yet, by its id. @type {Map<string, Element>} */
const waiting = new Map();
let nick = '';
/** Whether this page is in the room. */
let isIn = false;
/** Whether it was, and wants to be again. */
let isLost = false;

const client = new LineClient(location.href.replace(/^http/, 'ws'), {
  reconnectOptions: { initialDelay: 250, maxDelay: 5000, fullJitter: true },
  queue: { max: 20, ttl: 60000 },
});

/**
 * @param {string} kind Class of the entry.
 * @param {string} text
 * @param {string} [from]
 */
function show(kind, text, from) {
  const list = find('messages');
  const entry = document.createElement('li');
  entry.className = kind;
  // Text, never HTML: it is somebody else's.
  if (from) entry.append(Object.assign(document.createElement('b'), { textContent: from }));
  entry.append(Object.assign(document.createElement('span'), { textContent: text }));
  list.append(entry);
  while (list.childElementCount > 500) list.firstElementChild.remove();
  entry.scrollIntoView({ block: 'end' });
  return entry;
}

/** @param {boolean} joined */
function showForms(joined) {
  find('join').hidden = joined;
  find('say').hidden = !joined;
  find(joined ? 'text' : 'nick').focus();
}

function showState() {
  const { state } = client;
  find('state').dataset.state = state;
  find('state').textContent = state === 'connected' ? `connected as ${nick}` : (isLost && 'reconnecting…') || STATES[state];
}

/** Shows nothing that was true when the connection was there. */
function forget() {
  times.length = 0;
  find('line').setAttribute('points', '');
  find('members').replaceChildren();
  for (const id of ['count', 'latest', 'clock']) find(id).textContent = '–';
}

function drawTimes() {
  const highest = Math.max(1, ...times);
  const points = times.map((time, index) => `${index + SHOWN - times.length},${29 - (time / highest) * 26}`);
  find('line').setAttribute('points', points.join(' '));
  find('latest').textContent = `${times.at(-1)?.toFixed(1)} ms`;
}

async function measure() {
  if (client.state !== 'connected') return;
  const begun = performance.now();
  try {
    await client.send('echo', 'round trip');
  } catch {
    // Disconnected meanwhile: the state says so.
    return;
  }
  if (!isIn) return;
  times.push(performance.now() - begun);
  if (times.length > SHOWN) times.shift();
  drawTimes();
}

client.on('_connected', () => {
  show('note', isLost ? 'Connected again.' : 'You are in the room.');
  isIn = true;
  isLost = false;
  find('refusal').textContent = '';
  showForms(true);
  measure();
});

client.on('_connecting_error', (error) => {
  if (error.code !== LineClient.ErrorCode.HANDSHAKE_REJECTED) {
    find('refusal').textContent = 'The server does not answer. Trying again…';
    return;
  }
  // Refused, for the reason given: another name may do.
  client.disconnect();
  isLost = false;
  find('refusal').textContent = error.payload.message;
  showForms(false);
});

// Once for each connection that is lost, not for each try to make one.
client.on('_disconnected', ({ code }) => {
  if (!isIn) return;
  isIn = false;
  isLost = true;
  forget();
  show('note', code === GOING_AWAY ? 'The server restarts. Reconnecting…' : 'The connection is lost. Reconnecting…');
});

// After the listeners above, which know what was lost.
for (const event of ['_connecting', '_connected', '_disconnecting', '_disconnected']) client.on(event, showState);

// What was said while the page was away has been shown by then, unless it is lost.
client.on('_recovered', ({ recovered }) => {
  if (!recovered) show('note', 'The server was started anew, and does not know what was said before.');
});

client.on('said', ({ payload: { id, from, text } }) => {
  waiting.get(id)?.remove();
  waiting.delete(id);
  show(from === nick ? 'mine' : 'theirs', text, from);
});

// Shown at once, and again in its place when the servers are joined again.
client.on('waiting', ({ payload: { id, from, text } }) => {
  waiting.set(id, show(`${from === nick ? 'mine' : 'theirs'} waiting`, text, `${from}, not everywhere yet`));
});
client.on('apart', () => show('note', 'The servers have lost each other: what is said now comes to the others later.'));
client.on('together', () => show('note', 'The servers are joined again.'));
client.on('joined', ({ payload }) => payload !== nick && show('note', `${payload} joined.`));
client.on('left', ({ payload }) => show('note', `${payload} left.`));
client.on('tick', ({ payload }) => (find('clock').textContent = new Date(payload.at).toLocaleTimeString()));

client.on('members', ({ payload }) => {
  find('count').textContent = payload.length;
  find('members').replaceChildren(
    ...payload.map((/** @type {{nick: string, node?: string}} */ member) => {
      const entry = Object.assign(document.createElement('li'), { textContent: member.nick, className: member.nick === nick ? 'me' : '' });
      // Where several servers are joined, each has a name.
      if (member.node) entry.append(Object.assign(document.createElement('small'), { textContent: member.node }));
      return entry;
    }),
  );
});

find('join').addEventListener('submit', (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  nick = find('nick').value.trim();
  find('refusal').textContent = '';
  client.options.handshake.payload = { nick, key };
  client.connect();
});

find('say').addEventListener('submit', (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const text = find('text').value.trim();
  find('text').value = '';
  if (!text) return;
  // What is said offline is sent when the connection is back.
  const unsent = isIn ? undefined : show('mine waiting', text, `${nick}, not sent yet`);
  client.send('say', text)
    .catch((error) => show('note', `Not sent: ${error.message}`))
    .finally(() => unsent?.remove());
});

setInterval(measure, 1000);
