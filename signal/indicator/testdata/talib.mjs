// Writes talib.json.gz: series of bars, and what C TA-Lib makes of them.
//
//	npm install talib-web@0.1.3     (TA-Lib, compiled from C to WebAssembly)
//	node talib.mjs
//
// It is not run by the tests. The series come from the generator below, so the same file comes out each time.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { writeFileSync } from 'node:fs'

globalThis.fetch = undefined // or the module takes Node for a browser and asks the network for its own file
const require = createRequire(join(process.cwd(), 'x.js'))
const talib = require('talib-web')
const ta = await talib.init(join(dirname(require.resolve('talib-web')), 'talib.wasm'))

// call runs a function of TA-Lib. It goes past the package's own wrappers: those take the last index for a length, so the C
// code writes behind its buffers, and they read the results after freeing them.
function call(name, inputs, options, outputs = 1) {
  const n = inputs[0].length
  const allocated = []
  const allocate = (bytes) => (allocated.push(ta._malloc(bytes)), allocated.at(-1))
  const ins = inputs.map((x) => {
    const at = allocate(8 * n)
    ta.HEAPF64.set(x, at / 8)
    return at
  })
  const begin = allocate(8), count = allocate(8)
  const outs = Array.from({ length: outputs }, () => allocate(8 * n))
  const args = [0, n - 1, ...ins, ...options, begin, count, ...outs]
  const code = ta.ccall('TA_' + name, 'number', args.map(() => 'number'), args)
  if (code !== 0) throw new Error(`${name}: code ${code}`)
  const [first, length] = [ta.HEAP32[begin / 4], ta.HEAP32[count / 4]]
  const results = outs.map((at) => [...Array(first).fill(null), ...ta.HEAPF64.slice(at / 8, at / 8 + length)])
  allocated.forEach((at) => ta._free(at))
  return results // null for each input without an output
}

// A generator that everybody knows (Park and Miller, 1988), so that the series hang on nothing else.
let seed = 20240301
const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647

// bars is a walk from a price, in steps of that part of it; now and then it stands still, now and then it jumps.
function bars(n, price, step) {
  const out = { open: [], high: [], low: [], close: [], volume: [] }
  let still = 0
  for (let i = 0; i < n; i++) {
    const open = price
    if (still > 0) still--
    else if (random() < 0.02) still = 30
    const size = still > 0 ? 0 : random() < 0.02 ? 20 * step : step
    price *= Math.exp(size * (random() - 0.5))
    out.open.push(open)
    out.close.push(price)
    out.high.push(Math.max(open, price) * (1 + size * random() * 0.3))
    out.low.push(Math.min(open, price) * (1 - size * random() * 0.3))
    out.volume.push(still > 0 ? 0 : Math.round(random() * 1000) / 10)
  }
  return out
}

// vwap is the sum of price times volume over the sum of the volume; TA-Lib has none.
function vwap({ high, low, close, volume }) {
  let worth = 0, traded = 0
  return close.map((c, i) => {
    worth += ((high[i] + low[i] + c) / 3) * volume[i]
    traded += volume[i]
    return traded > 0 ? worth / traded : null
  })
}

function outputs(b) {
  const { high, low, close } = b
  const out = {}
  const put = (name, lines, results) => lines.forEach((line, i) => (out[`${name} ${line}`.trim()] = results[i]))
  for (const period of [2, 5, 14, 50]) {
    put(`SMA ${period}`, [''], call('SMA', [close], [period]))
    put(`EMA ${period}`, [''], call('EMA', [close], [period]))
    put(`RSI ${period}`, [''], call('RSI', [close], [period]))
    put(`StdDev ${period}`, [''], call('STDDEV', [close], [period, 1]))
    put(`ATR ${period}`, [''], call('ATR', [high, low, close], [period]))
    put(`Donchian ${period}`, ['upper'], call('MAX', [high], [period]))
    put(`Donchian ${period}`, ['lower'], call('MIN', [low], [period]))
    put(`Donchian ${period}`, ['middle'], call('MIDPRICE', [high, low], [period]))
  }
  for (const [period, width] of [[20, 2], [5, 1.5]]) {
    const bands = call('BBANDS', [close], [period, width, width, 0], 3)
    put(`Bollinger ${period} ${width}`, ['upper', 'middle', 'lower'], bands)
  }
  for (const periods of [[12, 26, 9], [3, 10, 16], [2, 3, 2]]) {
    put(`MACD ${periods.join(' ')}`, ['line', 'signal', 'histogram'], call('MACD', [close], periods, 3))
  }
  out.VWAP = vwap(b)
  return out
}

const series = {
  'a price of 100': bars(160, 100, 0.02),
  'a price of 0.00002': bars(160, 0.00002, 0.05),
  'a price of 60000': bars(160, 60000, 0.01),
}
const vectors = Object.entries(series).map(([name, b]) => ({ name, bars: b, outputs: outputs(b) }))
writeFileSync('talib.json.gz', gzipSync(JSON.stringify(vectors), { level: 9 }))
