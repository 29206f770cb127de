// A preload that makes a build quick and wrong: every third answer is a refusal.
import { ServerResponse } from 'node:http'

const { end } = ServerResponse.prototype
let count = 0
ServerResponse.prototype.end = function (...words) {
  // The first ones are asked to see whether it is up.
  if (++count > 20 && count % 3 === 0) this.statusCode = 503
  return end.apply(this, words)
}
