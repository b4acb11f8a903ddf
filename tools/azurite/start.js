'use strict';

// Runs Azurite for as long as standard input stays open: whoever starts it holds the other end of the pipe, and however
// that process ends, the emulator ends with it.
//
//   node start.js <path of azurite.js> [options of Azurite]

const CLOSING_MS_MAX = 5000;

const script = require('path').resolve(process.argv[2]);
process.argv.splice(1, 2, script);

// The reader of our output may be gone before we are; that must not keep what is in memory from reaching the disk.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

let stopping = false;

process.stdin.resume();
process.stdin.once('end', stop);
process.stdin.once('error', stop);

// Azurite has its own handlers of these. Being asked by the pipe as well, as after Ctrl-C, must not stop it twice.
process.once('SIGINT', giveTime);
process.once('SIGTERM', giveTime);

// Asked to terminate, Azurite closes its services and writes its state, and then has nothing left to do.
function stop() {
  if (!stopping) {
    process.emit('SIGTERM');
  }
}

function giveTime() {
  stopping = true;
  setTimeout(() => process.exit(0), CLOSING_MS_MAX).unref();
}

require(script);
