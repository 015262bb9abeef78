// Keeps the end of a growing text in view, until the reader scrolls up.
const NEAR_PX = 24;

export class Follower {
  #isFollowing = true;
  #lastTop = 0;
  #sizes = new ResizeObserver(() => this.#grown());

  constructor(private readonly scroller: HTMLElement, content: HTMLElement, private readonly tell: (isFollowing: boolean) => void) {
    this.#sizes.observe(scroller);
    this.#sizes.observe(content);
    scroller.addEventListener("scroll", this.#scrolled, { passive: true });
  }

  toEnd(): void {
    this.#set(true);
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  end(): void {
    this.#sizes.disconnect();
    this.scroller.removeEventListener("scroll", this.#scrolled);
  }

  #grown(): void {
    if (this.#isFollowing) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #scrolled = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (scrollHeight - scrollTop - clientHeight <= NEAR_PX) this.#set(true);
    else if (scrollTop < this.#lastTop) this.#set(false);
    this.#lastTop = scrollTop;
  };

  #set(isFollowing: boolean): void {
    if (this.#isFollowing === isFollowing) return;
    this.#isFollowing = isFollowing;
    this.tell(isFollowing);
  }
}
