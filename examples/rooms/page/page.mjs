/** A page that goes on where it was when it is loaded again: positions and what it has shown are kept for this tab. */

import LineClient from './client-web.mjs';

const { positions = {}, shown = [] } = JSON.parse(sessionStorage.getItem('lobby') ?? '{}');
const client = new LineClient(location.href.replace(/^http/, 'ws'), { positions });
const list = document.querySelector('ol');
const state = document.querySelector('#state');
const input = document.querySelector('input');

function show(text) {
  list.appendChild(document.createElement('li')).textContent = text;
}

shown.forEach(show);
client.on('said', (message) => {
  shown.push(message.payload);
  show(message.payload);
});
client.on('_connected', () => (state.textContent = 'connected'));
client.on('_disconnected', () => (state.textContent = 'not connected'));
client.on('_recovered', ({ recovered, replayed }) => {
  if (recovered) state.textContent = `caught up with ${replayed} messages`;
  // A real application would ask its database for the conversation now.
  else state.textContent = 'some messages are lost';
});

document.querySelector('form').addEventListener('submit', (event) => {
  event.preventDefault();
  client.sendWithoutResponse('say', input.value).catch(() => (state.textContent = 'not sent'));
  input.value = '';
});

// Both together: the positions belong to what has been shown.
addEventListener('pagehide', () => {
  sessionStorage.setItem('lobby', JSON.stringify({ positions: client.positions, shown }));
});

client.connect();
