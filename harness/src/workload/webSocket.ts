import { type Transport, TransportError } from './transport.ts'

export type WebSocketMessage = string | ArrayBuffer

export interface WebSocketOptions {
  /**
   * Names the request that an answer belongs to, by the same id for both. Without it answers come in the order of their requests.
   * An answer that belongs to nothing is dropped.
   */
  idOf?: (message: WebSocketMessage) => string
}

interface Waiting {
  id: string
  resolve: (answer: WebSocketMessage) => void
  reject: (error: TransportError) => void
}

/** One connection; a request is a message, its answer another. A lost connection fails what waits, and everything after it. */
export async function openWebSocket(
  url: string,
  { idOf }: WebSocketOptions = {},
): Promise<Transport<string | ArrayBuffer, WebSocketMessage>> {
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  const waiting = new Map<string, Waiting>()
  let sent = 0
  let answered = 0
  let broken: TransportError | undefined

  const opened = Promise.withResolvers<void>()
  const breakOff = (why: string) => {
    broken ??= new TransportError(url, Object.assign(new Error(why), { code: 'ECONNRESET' }))
    opened.reject(broken)
    for (const { reject } of waiting.values()) reject(broken)
    waiting.clear()
  }
  socket.addEventListener('open', () => opened.resolve())
  socket.addEventListener('error', () => breakOff('the connection broke'))
  socket.addEventListener('close', ({ code }) => breakOff(`the connection was closed with ${code}`))
  socket.addEventListener('message', (event) => {
    const data = event.data as WebSocketMessage
    const id = idOf ? idOf(data) : String(answered++)
    waiting.get(id)?.resolve(data)
    waiting.delete(id)
  })
  await opened.promise

  return {
    request: (message) =>
      new Promise((resolve, reject) => {
        if (broken) return reject(broken)
        const id = idOf ? idOf(message) : String(sent++)
        waiting.set(id, { id, resolve, reject })
        socket.send(message)
      }),
    close: async () => {
      if (socket.readyState === WebSocket.CLOSED) return
      const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
      socket.close()
      await closed
    },
  }
}
