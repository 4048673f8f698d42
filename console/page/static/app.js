// app.js: the page begins here: it ties its parts to the document, and then asks for what they show.

import { $ } from './dom.js';
import { poll } from './feed.js';
import { follow } from './stream.js';
import { bind } from './filters.js';
import * as session from './session.js';
import * as bar from './bar.js';
import * as stale from './stale.js';
import * as tiles from './tiles.js';
import * as positions from './positions.js';
import * as strategies from './strategies.js';
import * as locks from './locks.js';
import * as prices from './prices.js';
import * as chart from './chart.js';
import * as signals from './signals.js';
import * as orders from './orders.js';
import * as services from './services.js';
import * as equity from './equity.js';
import * as performance from './performance.js';
import * as events from './events.js';

bind();
for (const part of [bar, stale, tiles, positions, strategies, locks, chart, signals, orders, services, equity, performance, events]) part.start();
session.watch();
$('full-close').addEventListener('click', () => $('full').close());

// The order is that of the bar first: it says whether the money is real before anything can be pressed.
poll('host', 2000, 'api/host');
poll('status', 1000, 'api/status');
poll('locks', 2000, 'api/locks');
poll('strategies', 3000, 'api/strategies');
poll('services', 2000, 'api/services');
poll('generator', 3000, 'api/generator');
poll('signals', 5000, 'api/signals/latest?limit=200');
poll('outcomes', 5000, 'api/outcomes?limit=500');
poll('orders', 5000, 'api/orders?limit=200');
poll('bars', 1000, chart.path, chart.take);
poll('fills', 5000, chart.fillsPath, chart.takeFills);
poll('performance', 30_000, performance.path, performance.take);
poll('equity', 60_000, equity.path);
follow();
prices.follow();
