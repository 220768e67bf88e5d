// @ts-check
'use strict';

/**
 * The longest gap between two runs of a timer of 5 ms in this thread, beyond what the machine's other work
 * has caused: Linux tells for how long a thread was ready to run and was not let.
 */

const fs = require('node:fs');
const { performance: { eventLoopUtilization } } = require('node:perf_hooks');
const { GAP_BOUND } = require('./plan');

const INTERVAL = 5;

/** Time after which the other threads and the machine are looked at, in ms: that costs more. */
const AROUND_INTERVAL = 20;

/** Unit of time in /proc/stat, in ms. */
const TICK = 10;

/** More than a line of schedstat. */
const LINE = 100;

/** @param {number} value */
const ms = (value) => `${value.toFixed(1)} ms`;

const NOTHING = { ran: 0, waited: 0 };

/** What a thread has run, and was kept from running, in ms. */
class Schedule {
  #descriptor;
  #buffer = Buffer.alloc(LINE);

  /** @param {string} folder Of the thread in /proc. */
  constructor(folder) {
    try {
      this.#descriptor = fs.openSync(`${folder}/schedstat`, 'r');
    } catch {
      this.#descriptor = -1;
    }
  }

  /** Undefined when the system does not tell, or the thread has ended. */
  read() {
    try {
      const length = fs.readSync(this.#descriptor, this.#buffer, 0, LINE, 0);
      const [ran, waited] = this.#buffer.toString('latin1', 0, length).split(' ');
      return { ran: Number(ran) / 1e6, waited: Number(waited) / 1e6 };
    } catch {
      return undefined;
    }
  }

  close() {
    if (this.#descriptor >= 0) fs.closeSync(this.#descriptor);
    this.#descriptor = -1;
  }
}

/** @returns {string[]} The folders of all threads of this process but this one. */
function otherThreads() {
  try {
    const own = fs.readlinkSync('/proc/thread-self').split('/').at(-1);
    return fs.readdirSync('/proc/self/task').filter((id) => id !== own).map((id) => `/proc/self/task/${id}`);
  } catch {
    return [];
  }
}

/** For each processor the time that a virtual machine did not get of it, and reads of memory from disk. */
function machine() {
  const disk = process.resourceUsage().majorPageFault;
  try {
    const processors = fs.readFileSync('/proc/stat', 'latin1').match(/^cpu\d.*$/gm) ?? [];
    return { stolen: processors.map((line) => Number(line.split(' ')[8])), disk };
  } catch {
    return { stolen: [], disk };
  }
}

class Gaps {
  #schedule = new Schedule('/proc/thread-self');
  /** With what each had been kept from running when it was looked at. @type {{schedule: Schedule, waited: number}[]} */
  #others = [];
  #othersLooked = 0;
  #machine = machine();
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #last = { time: 0, ran: 0, waited: 0, idle: 0 };

  /**
   * @param {Float64Array} longest Its first element becomes the longest gap.
   * @param {(message: {fault: string} | {doubt: string}) => void} tell Called for a gap that is too long: a doubt
   *   where the thread slept for most of it, which can have causes outside the process that nothing tells of.
   */
  constructor(longest, tell) {
    this.longest = longest;
    this.tell = tell;
  }

  begin() {
    this.#others = otherThreads().map((folder) => ({ schedule: new Schedule(folder), waited: 0 }));
    this.#lookAround();
    this.#last = this.#now();
    this.#timer = setInterval(() => this.#tick(), INTERVAL);
  }

  end() {
    // What has happened since the timer ran last counts too.
    this.#tick();
    clearInterval(this.#timer);
    for (const schedule of [this.#schedule, ...this.#others.map((other) => other.schedule)]) schedule.close();
  }

  #now() {
    const { ran, waited } = this.#schedule.read() ?? NOTHING;
    return { time: performance.now(), ran, waited, idle: eventLoopUtilization().idle };
  }

  /**
   * @returns {{others: number, stolen: number, disk: number}} Since this was called before: how long the others were
   *   kept from running, together, and one of the processors was given to other machines, in ms; how often memory
   *   was read from disk.
   */
  #lookAround() {
    const time = performance.now();
    const before = this.#machine;
    this.#machine = machine();
    const stolen = Math.max(0, ...this.#machine.stolen.map((ticks, index) => (ticks - (before.stolen[index] ?? ticks)) * TICK));
    let others = 0;
    this.#others = this.#others.filter((other) => {
      const waited = other.schedule.read()?.waited;
      // What a thread that ends meanwhile was kept from is not known any more: it may be all of the time.
      others += waited === undefined ? time - this.#othersLooked : waited - other.waited;
      if (waited === undefined) other.schedule.close();
      else other.waited = waited;
      return waited !== undefined;
    });
    this.#othersLooked = time;
    return { others, stolen, disk: this.#machine.disk - before.disk };
  }

  #tick() {
    const now = this.#now();
    const time = now.time - this.#last.time;
    const ran = now.ran - this.#last.ran;
    const waited = now.waited - this.#last.waited;
    const idle = now.idle - this.#last.idle;
    this.#last = now;
    // Either was this thread ready and not let, or slept in the event loop and was woken late. Both can be true
    // of the same moment: one of them counts.
    let gap = Math.min(time - waited, time - idle + INTERVAL);
    let around = { others: 0, stolen: 0, disk: 0 };
    if (gap > GAP_BOUND || now.time - this.#othersLooked > AROUND_INTERVAL) around = this.#lookAround();
    if (gap > GAP_BOUND) {
      // It slept outside the event loop: for other threads, such as those that collect garbage with it, which were
      // not let, one after another; or because of the machine.
      const asleep = Math.max(0, time - ran - waited);
      gap -= around.disk > 0 ? asleep : Math.min(asleep, Math.max(around.others, around.stolen));
    }
    const isDoubtful = gap > GAP_BOUND && ran <= GAP_BOUND;
    if (!isDoubtful) this.longest[0] = Math.max(this.longest[0], gap);
    if (gap <= GAP_BOUND) return;
    const text =
      `a timer of ${INTERVAL} ms had a gap of ${ms(gap)}, more than ${GAP_BOUND} ms (after ${ms(time)}: the thread ran for ` +
      `${ms(ran)}, was kept from running for ${ms(waited)}, other threads for ${ms(around.others)}, the machine for ` +
      `${ms(around.stolen)}, and it had nothing to do for ${ms(idle)})`;
    this.tell(isDoubtful ? { doubt: text } : { fault: text });
  }
}

module.exports = { Gaps };
