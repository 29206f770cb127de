import { expect, test } from 'vitest'
import { Curve } from './curve.ts'

test('a curve that fits is kept as it is', () => {
  const curve = new Curve(8)
  for (let at = 0; at < 8; at++) curve.push(at, at * 10)
  expect(curve.points()).toEqual(Array.from({ length: 8 }, (_, at) => ({ atMs: at, rssBytes: at * 10 })))
})

test('a curve of any length keeps its peaks, its order and its newest point in fixed memory', () => {
  const curve = new Curve(8)
  for (let at = 0; at <= 1_000; at++) curve.push(at, at === 333 ? 9_000 : at)
  const points = curve.points()
  expect(points.length).toBeLessThanOrEqual(9)
  expect(points).toContainEqual({ atMs: 333, rssBytes: 9_000 })
  expect(points.map((point) => point.atMs)).toEqual(points.map((point) => point.atMs).toSorted((a, b) => a - b))
  expect(points.at(-1)).toEqual({ atMs: 1_000, rssBytes: 1_000 })
})
