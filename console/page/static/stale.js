// stale.js: what is not of now is greyed, and says of when it is. What a host does not show says so, and what it would take.

import { text, attr, frame } from './dom.js';
import { on, topics } from './feed.js';
import { standing } from './bar.js';
import { clock, now } from './format.js';

const late = 20_000; // ms after which even a slow topic is not of now while the line is down

export function start() {
  on('', () => frame(draw));
  setInterval(() => frame(draw), 1000);
}

const quiet = 2000; // ms after the first answers, until all of them are drawn

// settle says once that each section has had what it shows.
function settle() {
  const asked = [...document.querySelectorAll('section[data-needs]')].flatMap((s) => s.dataset.needs.split(' '));
  if (settled || !asked.every((name) => topics[name]?.at || topics[name]?.refusal)) return;
  settled = true;
  setTimeout(() => attr(document.body, 'data-settled', true), quiet);
}

let settled = false;

function draw() {
  settle();
  const [line] = standing();
  for (const section of document.querySelectorAll('section[data-needs]')) {
    const needs = section.dataset.needs.split(' ').map((name) => topics[name]).filter(Boolean);
    const known = needs.filter((topic) => !topic.absent && topic.at);
    const lost = known.some((topic) => topic.lost) || (line === 'lost' || line === 'signed-out') && known.length > 0;
    const oldest = Math.min(...known.map((topic) => topic.at));
    const stale = lost || known.some((topic) => line !== 'live' && Date.now() - topic.at > late);
    attr(section, 'data-stale', stale);
    const why = known.find((topic) => topic.refusal)?.refusal.message;
    const asof = section.querySelector('.asof');
    text(asof, stale ? `Not of now: as of ${clock(now() - (Date.now() - oldest))}` + (why ? ` (${why})` : '') : '');
  }
}

// empty says what stands where nothing does: that it is asked for, that the host shows no such thing, or what comes next.
export function empty(section, name, isEmpty, next) {
  const node = section.querySelector('.empty');
  const topic = topics[name];
  const words = !topic ? 'Asking …'
    : topic.absent ? topic.refusal.message
      : topic.data === undefined ? (topic.refusal ? `Not known: ${topic.refusal.message}` : 'Asking …')
        : isEmpty ? next : '';
  text(node, words);
  node.hidden = !words;
  const table = section.querySelector(':scope > .table');
  if (table) table.hidden = Boolean(words);
}
