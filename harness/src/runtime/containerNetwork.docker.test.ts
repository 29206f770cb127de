import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { awaitReading } from '../base/awaitReading.ts'
import { ContainerLife } from './container/containerLife.ts'
import { ContainerNetwork } from './container/containerNetwork.ts'
import { openEngine } from './container/engine.ts'
import { Toolbox } from './container/toolbox.ts'
import { budgetMs, ContainerBed, logged, serves } from './testing/containerBed.ts'

const bed = new ContainerBed()

test('a firewall stops packets between a node and one port, counts them, and outlives a restart of the node', async () => {
  await bed.launch(serves, { node: 2 })
  const first = await bed.launch(bed.dials())
  await logged(first, 'connected')
  const network = bed.runtime.kernelNetwork
  if (!network) throw new Error('the runtime has no kernel network')
  const host = bed.placeOf(1).bind.host
  const imposed = await network.impose(host, [
    { direction: 'out', peer: bed.placeOf(2).bind, effect: { type: 'drop' } },
  ])
  const stopped = (least: number) =>
    awaitReading({
      what: 'packets to be stopped',
      budget: budgetMs,
      probe: () => imposed.counts().packetsStopped ?? 0,
      until: (count) => count >= least,
    })
  await stopped(1)
  await first.kill()
  const before = await stopped(1)

  const second = await bed.launch(bed.dials(), { incarnation: 2 })
  await logged(second, 'up')
  await stopped(before + 3)
  expect(readFileSync(second.logPath, 'utf8')).not.toContain('connected')
  await imposed.lift()
  await logged(second, 'connected')
})

test('a fault that comes while a node starts, or has just ended, does not quarrel with it over its address', async () => {
  const engine = await openEngine()
  const { host } = bed.placeOf(1).bind
  const drop = () =>
    bed.runtime.kernelNetwork?.impose(host, [{ direction: 'out', peer: bed.placeOf(2).bind, effect: { type: 'drop' } }])
  const addresses = async () => {
    const containers = await engine.listContainers({ all: true })
    return containers.flatMap(({ NetworkSettings }) =>
      Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress),
    )
  }
  const starting = bed.launch(bed.dials())
  await awaitReading({
    what: 'the engine to have given the address',
    budget: budgetMs,
    probe: addresses,
    until: (given) => given.includes(host),
    everyMs: 1,
  })
  const [whileItStarts, first] = await Promise.all([drop(), starting])
  await whileItStarts?.lift()

  // Nothing stands now, so that the place of that fault goes with the next start.
  const next = bed.launch(bed.dials(), { incarnation: 2 })
  const [, whileItEnds] = await Promise.all([first.kill(), first.exited.then(drop)])
  const life = await next
  await whileItEnds?.lift()
  await logged(life, 'up')
})

test('a fault that takes hold of a node just as it is killed stands for its next life', async () => {
  await bed.launch(serves, { node: 2 })
  const first = await bed.launch(bed.dials())
  await logged(first, 'connected')
  const enter = vi.spyOn(Toolbox.prototype, 'enterNetwork').mockImplementationOnce(async function (this: Toolbox, pid) {
    await first.kill()
    return this.enterNetwork(pid)
  })
  const drop = { direction: 'out', peer: bed.placeOf(2).bind, effect: { type: 'drop' } } as const
  try {
    const imposed = await bed.runtime.kernelNetwork?.impose(bed.placeOf(1).bind.host, [drop])
    const second = await bed.launch(bed.dials(), { incarnation: 2 })
    await awaitReading({
      what: 'packets of the next life to be stopped',
      budget: budgetMs,
      probe: () => imposed?.counts().packetsStopped ?? 0,
      until: (count) => count > 0,
    })
    expect(readFileSync(second.logPath, 'utf8')).not.toContain('connected')
    await imposed?.lift()
    await logged(second, 'connected')
  } finally {
    enter.mockRestore()
  }
})

test('where the engine grants no view of all processes, a sidecar that shares the network of a node rules over it', async () => {
  const engine = await openEngine()
  const toolbox = new Toolbox(engine)
  toolbox.isGranted = async () => false
  await bed.launch(serves, { node: 2 })
  const life = await bed.launch(bed.dials())
  if (!(life instanceof ContainerLife)) throw new Error('the life is no container')
  await logged(life, 'connected')
  const siteOf = () => {
    throw new Error('a node that runs has a network already')
  }
  const network = new ContainerNetwork({ engine, toolbox, siteOf, lifeOf: () => life, addressFree: async () => {} })
  const { host } = bed.placeOf(1).bind
  try {
    const imposed = await network.impose(host, [
      { direction: 'out', peer: bed.placeOf(2).bind, effect: { type: 'drop' } },
    ])
    await awaitReading({
      what: 'packets to be stopped',
      budget: budgetMs,
      probe: () => imposed.counts().packetsStopped ?? 0,
      until: (count) => count > 0,
    })
    await imposed.lift()
    const connected = () => readFileSync(life.logPath, 'utf8').split('connected').length
    const before = connected()
    await awaitReading({
      what: 'connections again',
      budget: budgetMs,
      probe: connected,
      until: (count) => count > before,
    })
  } finally {
    await network.close([host])
  }
})

test('a disconnected node is out of reach, and has its address again when it is connected', async () => {
  await bed.launch(serves)
  await bed.comesUp(1)
  const connect = await bed.runtime.kernelNetwork?.disconnect(bed.placeOf(1).bind.host)
  await bed.comesUp(1, false)
  await connect?.()
  await bed.comesUp(1)
})
