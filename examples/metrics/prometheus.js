// @ts-check
'use strict';

/** What `server.getStats()` counts, in the text format of Prometheus. Copy this file: it needs nothing else. */

/** @typedef {import('line-socket-native').ServerStats} ServerStats */

const PREFIX = 'line_socket_';

/** Values that `getStats` gives in ms are in seconds here. */
const PER_SECOND = 1000;

/**
 * @typedef {object} Metric
 * @property {string} name Without the prefix. Those of counters end in `_total`.
 * @property {'gauge' | 'counter' | 'summary'} type
 * @property {string} help
 * @property {string} [of] Where `getStats` has it.
 * @property {[label: string, values: Record<string, string>]} [by] The same by the values of a label.
 * @property {number} [divisor]
 */

/** @type {Metric[]} */
const METRICS = [
  { name: 'connections', type: 'gauge', help: 'Connections that are open.', of: 'connections' },
  { name: 'connections_opened_total', type: 'counter', help: 'Connections opened.', of: 'connectionsTotal' },
  {
    name: 'refused_total', type: 'counter', help: 'Connections and upgrade requests refused.',
    by: ['reason', {
      max_connections: 'refused.maxConnections',
      max_connections_per_address: 'refused.maxConnectionsPerAddress',
      request: 'refused.request',
      application: 'refused.application',
      timeout: 'refused.timeout',
      stopping: 'refused.stopping',
    }],
  },
  { name: 'messages_received_total', type: 'counter', help: 'Messages received.', of: 'messagesReceived' },
  { name: 'received_bytes_total', type: 'counter', help: 'Bytes of messages received.', of: 'bytesReceived' },
  { name: 'messages_sent_total', type: 'counter', help: 'Messages sent.', of: 'messagesSent' },
  { name: 'sent_bytes_total', type: 'counter', help: 'Bytes of messages sent.', of: 'bytesSent' },
  { name: 'waiting_bytes', type: 'gauge', help: 'Bytes of messages that wait for JavaScript.', of: 'bytesWaiting' },
  { name: 'broadcasts_dropped_total', type: 'counter', help: 'Broadcasts left out for one slow connection each.', of: 'broadcastsDropped' },
  { name: 'slow_consumers_total', type: 'counter', help: 'Connections closed because they read too slowly.', of: 'slowConsumers' },
  { name: 'rate_delays_total', type: 'counter', help: 'Times that a client was over its rate.', of: 'rateDelays' },
  { name: 'rate_limited_total', type: 'counter', help: 'Connections closed because they stayed over their rate.', of: 'rateLimited' },
  { name: 'violations_total', type: 'counter', help: 'Connections closed for what they sent.', of: 'violations' },
  {
    name: 'recoveries_total', type: 'counter', help: 'Clients that came back to a room with history, by how they were served.',
    by: ['how', { ring: 'recoveries.ring', failed: 'recoveries.failed' }],
  },
  { name: 'replayed_total', type: 'counter', help: 'Messages of histories that were sent to clients that came back or joined.', of: 'replayed' },
  { name: 'history_rooms', type: 'gauge', help: 'Rooms that have a history.', of: 'history.rooms' },
  { name: 'history_bytes', type: 'gauge', help: 'Bytes of memory that histories take.', of: 'history.bytes' },
];

/** What the option `adapter` adds. @type {Metric[]} */
const ADAPTER = [
  { name: 'up', type: 'gauge', help: '1 while this server is joined with the others.', of: 'isUp' },
  { name: 'nodes', type: 'gauge', help: 'Servers that are joined, with this one.', of: 'nodes' },
  { name: 'rooms', type: 'gauge', help: 'Rooms that are subscribed to.', of: 'rooms' },
  {
    name: 'round_trip_seconds', type: 'summary', help: 'Time that the last 128 heartbeats took through the engine.',
    by: ['quantile', { 0.5: 'roundTrip.p50', 0.99: 'roundTrip.p99' }], divisor: PER_SECOND,
  },
  { name: 'queued_bytes', type: 'gauge', help: 'Bytes that wait for the engine.', of: 'queuedBytes' },
  { name: 'published_total', type: 'counter', help: 'Messages that the engine has taken.', of: 'published' },
  { name: 'received_total', type: 'counter', help: 'Messages of other servers and programs, delivered here.', of: 'received' },
  { name: 'echoed_total', type: 'counter', help: 'Messages of this server that came back.', of: 'echoed' },
  { name: 'foreign_total', type: 'counter', help: 'Messages ignored: malformed, of another version, too large, not allowed.', of: 'foreign' },
  { name: 'dropped_total', type: 'counter', help: 'Messages given up because too much waited, or for too long.', of: 'droppedQueue' },
  { name: 'refused_total', type: 'counter', help: 'Messages and subscriptions that the engine has refused.', of: 'refused' },
  { name: 'reconnects_total', type: 'counter', help: 'Connections to the engine after the first.', of: 'reconnects' },
  { name: 'resubscribed_total', type: 'counter', help: 'Rooms that were subscribed to anew.', of: 'resubscribed' },
  { name: 'gaps_total', type: 'counter', help: 'Rooms with history in which something was missing.', of: 'gaps' },
  { name: 'gaps_repaired_total', type: 'counter', help: 'Of these, those that were repaired.', of: 'gapsRepaired' },
  { name: 'lost_total', type: 'counter', help: 'Of these, those in which something is lost.', of: 'lost' },
  { name: 'epochs_total', type: 'counter', help: 'Histories that have begun anew.', of: 'epochs' },
  {
    name: 'recoveries_total', type: 'counter', help: 'Clients that came back to a room that the engine keeps, by how they were served.',
    by: ['how', { ring: 'recoveries.ring', read: 'recoveries.read', failed: 'recoveries.failed' }],
  },
  { name: 'replayed_total', type: 'counter', help: 'Messages of these rooms that were replayed.', of: 'replayed' },
  { name: 'requests_total', type: 'counter', help: 'Questions to other servers.', of: 'requests' },
  { name: 'requests_missed_total', type: 'counter', help: 'Answers of other servers that did not come in time.', of: 'requestsMissed' },
];

/**
 * @param {object} stats
 * @param {string} place Names, with dots between them.
 * @returns {number}
 */
function at(stats, place) {
  return Number(place.split('.').reduce((object, name) => /** @type {any} */ (object)[name], /** @type {any} */ (stats)));
}

/**
 * @param {string} prefix
 * @param {Metric[]} metrics
 * @param {object} stats
 */
function family(prefix, metrics, stats) {
  return metrics.map(({ name, type, help, of, by, divisor = 1 }) => {
    const full = `${prefix}${name}`;
    const [label, values] = by ?? ['', { '': /** @type {string} */ (of) }];
    const samples = Object.entries(values).map(([value, place]) => {
      const labels = label === '' ? '' : `{${label}="${value}"}`;
      return `${full}${labels} ${at(stats, place) / divisor}\n`;
    });
    return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${samples.join('')}`;
  }).join('');
}

/**
 * @param {ServerStats} stats What `server.getStats()` returns.
 * @returns {string} The metrics. Those of the adapter are left out while there is none.
 */
function toPrometheus(stats) {
  const { adapter } = stats;
  const own = family(PREFIX, METRICS, stats);
  if (!adapter) return own;
  return own + family(`${PREFIX}adapter_`, ADAPTER, { ...adapter, isUp: adapter.state === 'up' });
}

/** The type of what {@link toPrometheus} returns. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

module.exports = { toPrometheus, CONTENT_TYPE };
