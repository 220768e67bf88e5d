import LineClient from './node.js';

export const { Message, Error: LineError } = LineClient;
export { LineClient };
export default LineClient;
