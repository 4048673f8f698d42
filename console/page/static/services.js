// services.js: the tree of services: how each is, since when, what it died of and when it comes back.

import { $, el, text, attr, words, cell, frame } from './dom.js';
import { list } from './list.js';
import { on, data } from './feed.js';
import { age, since, until, clock, now, plain } from './format.js';
import { filter, onFilter, chips, count } from './filters.js';
import { button, offer, can } from './acts.js';
import { selection } from './select.js';
import { empty } from './stale.js';

const glyphs = {
  running: '●', starting: '◌', paused: '‖', stopped: '■', stopping: '□', backoff: '↻', crashed: '✖', stalled: '▲', not_started: '○',
};
const tones = { running: 'good', crashed: 'bad', stalled: 'bad', backoff: 'warn', starting: 'warn' };
const selected = selection($('services-at'));
const open = new Map(); // by path

export function start() {
  on('services host', () => frame(draw));
  setInterval(() => frame(draw), 1000);
  onFilter(() => frame(draw));
}

const showChips = chips($('services-state'), 't.state', plain);

const show = list($('services'), {
  key: (s) => s.path,
  make: (s) => {
    const r = {
      expand: el('button', { type: 'button', 'data-expand': '', 'aria-expanded': 'false', 'aria-label': 'Details of ' + s.name.slice(0, 60) }, '▸'),
      box: selected.box(s.path, s.name), name: el('span', { class: 'depth' }), state: el('strong'), bar: el('progress'), left: el('span', { class: 'note' }),
      acts: [
        button('restart-service', 'Restart', () => s.path), button('pause-service', 'Pause', () => s.path),
        button('resume-service', 'Resume', () => s.path), button('stop-service', 'Stop', () => s.path), button('start-service', 'Start', () => s.path),
      ],
    };
    r.expand.addEventListener('click', () => { open.has(s.path) ? open.delete(s.path) : open.set(s.path, behind(s)); draw(); });
    r.since = cell('time');
    r.restarts = cell('number');
    r.error = cell('wide');
    words(r.name, s.name);
    attr(r.bar, 'aria-label', 'Time without progress of ' + s.name.slice(0, 60));
    r.node = el('tr', { 'data-service': s.path }, cell('', r.expand), cell('pick', r.box), cell('name', r.name), cell('', r.state), r.since,
      r.restarts, cell('wide', r.bar, r.left), r.error, cell('act', el('div', { class: 'row' }, ...r.acts)));
    return r;
  },
  update: (r, s) => {
    attr(r.node, 'data-state', s.state);
    attr(r.node, 'data-depth', String(Math.min(s.depth, 6)));
    text(r.state, `${glyphs[s.state] ?? ''} ${plain(s.state)}${s.done ? ', done' : ''}${s.zombies ? `, ${s.zombies} abandoned` : ''}`);
    attr(r.state, 'data-tone', s.verdict === 'unhealthy' ? 'bad' : s.verdict === 'degraded' ? 'warn' : tones[s.state] ?? null);
    text(r.since, s.next_restart ? 'back in ' + until(s.next_restart) : since(s.since));
    text(r.restarts, s.restarts + (s.attempt ? ` (try ${s.attempt}${s.max_attempts ? ' of ' + s.max_attempts : ''})` : ''));
    progress(r, s);
    words(r.error, s.verdict !== 'healthy' && s.reason ? s.reason : s.last_error ? `${clock(s.last_error_at)} ${s.last_error}` : '');
    acts(r, s);
    attr(r.expand, 'aria-expanded', String(open.has(s.path)));
    text(r.expand, open.has(s.path) ? '▾' : '▸');
  },
  follow: (r, s) => {
    const detail = open.get(s.path);
    if (detail) detail.fill(s);
    return detail?.node ?? null;
  },
});

// progress shows the time without progress beside what it may last.
function progress(r, s) {
  const quiet = s.last_progress ? now() - Date.parse(s.last_progress) : NaN;
  const judged = s.deadline_seconds > 0 && Number.isFinite(quiet);
  r.bar.hidden = !judged || s.idle;
  if (judged) {
    r.bar.max = s.deadline_seconds;
    r.bar.value = Math.min(s.deadline_seconds, Math.max(0, quiet / 1000));
  }
  text(r.left, Number.isFinite(quiet) ? (judged ? `${age(quiet)} of ${age(s.deadline_seconds * 1000)}` : age(quiet) + ' ago') + (s.idle ? ', waits as planned' : '')
    : s.deadline_seconds ? 'none yet' : '');
}

function acts(r, s) {
  const [restart, pause, resume, stop, begin] = r.acts;
  const down = s.state === 'stopped' || s.state === 'crashed' || s.state === 'not_started';
  const own = s.depth > 0; // the tree itself is the program
  offer(restart, own && !down, s.path);
  offer(pause, own && s.state === 'running' && s.wish !== 'pause', s.path);
  offer(resume, own && (s.state === 'paused' || s.wish === 'pause'), s.path);
  offer(stop, own && !down && s.wish !== 'stop', s.path);
  offer(begin, own && down, s.path);
  selected.keep(r.box, s.path, own && can('restart-service') ? (down ? ['start-service'] : ['restart-service', 'stop-service']) : []);
}

// behind is what stands behind a row that is open: all that is known, with the stack where it died or hangs.
function behind(s) {
  const facts = el('dl', { class: 'facts' });
  const stack = el('pre', { class: 'stack', tabindex: '0', role: 'region', 'aria-label': 'Stack' });
  const node = el('tr', { class: 'behind', 'data-detail-of': s.path }, el('td', { colspan: 9 }, el('div', { class: 'details' }, facts, stack)));
  let was;
  return { node, fill(now) {
    const rows = Object.entries({
      Path: now.path, 'How it is': now.verdict, Because: now.reason, 'What ends that': now.remedy, Starts: now.starts, 'Last end': plain(now.last_end),
      'Last error': now.last_error, 'At': now.last_error_at && clock(now.last_error_at), 'Next restart': now.next_restart && clock(now.next_restart),
      'Last sign of life': now.last_beat && clock(now.last_beat), Abandoned: now.zombies || '', Wanted: now.wish,
    }).filter(([, value]) => value !== undefined && value !== '' && value !== null);
    const key = JSON.stringify(rows) + now.stack;
    if (key === was) return;
    was = key;
    facts.replaceChildren(...rows.map(([name, value]) => el('div', {}, el('dt', {}, name), words(el('dd'), value))));
    text(stack, now.stack ?? '');
    stack.hidden = !now.stack;
  } };
}

// flat is the tree as rows.
function flat(service, depth = 0) {
  return [{ ...service, depth }, ...(service.children ?? []).flatMap((child) => flat(child, depth + 1))];
}

function draw() {
  const all = data('services') ? flat(data('services')) : [];
  showChips(count(all, (s) => s.state), all.length);
  const wanted = filter('t.state');
  const shown = wanted ? all.filter((s) => s.state === wanted) : all;
  show(shown);
  selected.only(new Set(all.map((s) => s.path)));
  empty($('services-at'), 'services', shown.length === 0, 'No service is in this state.');
}
