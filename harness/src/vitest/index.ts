import './matchers.ts'

export { readScale, sized } from '../base/scale.ts'
export { clusterTest } from './clusterTest.ts'
