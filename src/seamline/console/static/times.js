// Times as the organisation reads them.

// `zone` is an IANA name; times are epoch seconds.
export class Times {
  #formats = new Map();

  constructor(zone) {
    this.zone = zone;
  }

  #said(ts, options) {
    const key = JSON.stringify(options);
    if (!this.#formats.has(key)) {
      this.#formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: this.zone, hourCycle: "h23", ...options }));
    }
    return this.#formats.get(key).format(new Date(ts * 1000));
  }

  // A tick of the axis, as exact as its step in seconds asks for.
  tick(ts, step) {
    if (step >= 86400) return this.#said(ts, { day: "numeric", month: "short" });
    return this.#said(ts, { hour: "2-digit", minute: "2-digit", ...(step < 60 && { second: "2-digit" }) });
  }

  clock(ts) {
    return this.#said(ts, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  }

  // Seconds by which the zone is ahead of UTC at a time.
  offset(ts) {
    const whole = Math.floor(ts);
    const parts = this.#said(whole, {
      year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
    });
    const [day, month, year, hour, minute, second] = parts.match(/\d+/g).map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - whole;
  }
}
