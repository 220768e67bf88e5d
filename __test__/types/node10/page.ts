/// <reference types="line-socket-native/client-web" />

/** A script of a page, which finds the class in the global `LineClient`. */

const page: LineClient<{ x: { payload: number } }> = new LineClient<{ x: { payload: number } }>('ws://localhost');
page.send('x', 5);
// @ts-expect-error -- The payload has another type.
page.send('x', 'five');
