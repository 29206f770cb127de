/** What the bench uses of autocannon, which brings no types of its own. */
declare module 'autocannon' {
  export default function autocannon(options: { url: string; connections: number; amount: number }): Promise<{
    requests: { total: number }
    latency: { p99_9: number }
    errors: number
    non2xx: number
  }>
}
