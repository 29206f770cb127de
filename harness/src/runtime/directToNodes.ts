import http from 'node:http'

/** Where nodes are: loopback on processes, the subnets that clusters of containers take (`subnetPool.ts`). */
const nodeAddresses = /^(localhost|\[::1\]|127\.\d+\.\d+\.\d+|10\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+)$/
/** The same for NO_PROXY: Node's own agents read the ranges, programs in other languages the blocks or the names. */
const nodeRanges = ['127.0.0.0-127.255.255.255', '10.64.0.0-10.127.255.255']
const loopbackNames = ['localhost', '127.0.0.1', '::1', '127.0.0.0/8']

/**
 * Node.js sends requests through a proxy where the environment asks for it (NODE_USE_ENV_PROXY, --use-env-proxy), and its
 * NO_PROXY knows no block of addresses for `fetch`. Nothing that this process asks of a node goes that way; all else still does.
 */
export async function goDirectToNodes(env = process.env): Promise<void> {
  if (done || !usesProxy(env)) return
  done = true
  const { Agent, getGlobalDispatcher, setGlobalDispatcher } = await import('undici')
  const direct = new Agent()
  const proxied = getGlobalDispatcher()
  setGlobalDispatcher(
    proxied.compose((dispatch) => (options, handler) => {
      return isNode(options.origin) ? direct.dispatch(options, handler) : dispatch(options, handler)
    }),
  )
  const proxyEnv = withLoopbackDirect(env)
  http.globalAgent = new http.Agent({ keepAlive: true, timeout: 5_000, proxyEnv })
}

let done = false

function usesProxy(env: NodeJS.ProcessEnv): boolean {
  const isAsked = [...process.execArgv, ...(env.NODE_OPTIONS ?? '').split(/\s+/)].includes('--use-env-proxy')
  return isAsked || Boolean(env.NODE_USE_ENV_PROXY)
}

function isNode(origin: string | URL | undefined): boolean {
  return origin !== undefined && nodeAddresses.test(new URL(origin).hostname)
}

/**
 * An environment in which no request to loopback leaves by a proxy. A Node.js node is not asked to use one at all, since its
 * `fetch` cannot be told to leave a block out; a system that needs a proxy sets NODE_USE_ENV_PROXY in its own `process`.
 */
export function withLoopbackDirect(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_USE_ENV_PROXY: _asked, ...rest } = env
  if (!Object.keys(env).some((name) => /^(https?|all)_proxy$/i.test(name))) return rest
  const standing = (rest.no_proxy ?? rest.NO_PROXY ?? '').split(/[\s,]+/).filter(Boolean)
  const direct = [...new Set([...standing, ...loopbackNames, ...nodeRanges])].join(',')
  return { ...rest, NO_PROXY: direct, no_proxy: direct }
}
