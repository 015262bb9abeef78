// The page's icons: strokes on a grid of 24, in the colour of the text beside them.
const PATHS = {
  rail: ["M4 5h16v14H4z", "M9.5 5v14"],
  plus: ["M12 5v14M5 12h14"],
  search: ["M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM20 20l-4-4"],
  dots: ["M5.500 12h.01M12 12h.01M18.500 12h.01"],
  close: ["M6 6l12 12M18 6 6 18"],
  sliders: ["M4 8h9M17 8h3M4 16h3M11 16h9", "M15 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM9 18a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z"],
  left: ["M14 6l-6 6 6 6"],
  right: ["M10 6l6 6-6 6"],
  up: ["M12 19V6M6 11l6-6 6 6"],
  down: ["M12 5v13M6 13l6 6 6-6"],
  stop: ["M8 8h8v8H8z"],
  clip: ["M19 11.500 12 18.500a4.500 4.500 0 0 1-6.400-6.400l7.600-7.600a3 3 0 0 1 4.300 4.300l-7.500 7.500a1.500 1.500 0 0 1-2.200-2.200l6.600-6.500"],
  book: ["M5 5.500A1.500 1.500 0 0 1 6.500 4H19v13H6.500A1.500 1.500 0 0 0 5 18.500zM5 18.500A1.500 1.500 0 0 0 6.500 20H19v-3"],
  copy: ["M9 9h10v11H9z", "M15 9V4H5v11h4"],
  check: ["M5 12.500 10 17.500 19 7"],
  pencil: ["M5 19l1-4L16 5l3 3L9 18z"],
  again: ["M19 12a7 7 0 1 1-2.100-5M19 4v4h-4"],
  sun: ["M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600 7 7M17 17l1.400 1.400M18.400 5.600 17 7M7 17l-1.400 1.400"],
  moon: ["M19 14.500A7.500 7.500 0 0 1 9.500 5 7.500 7.500 0 1 0 19 14.500Z"],
  half: ["M12 19a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM12 5v14"],
  people: ["M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM3.500 19a5.500 5.500 0 0 1 11 0M16 5.300a3 3 0 0 1 0 5.400M17 14a5.500 5.500 0 0 1 3.500 5"],
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {PATHS[name].map((path) => <path key={path} d={path} />)}
    </svg>
  );
}

/** The sparrow. */
export function Sparrow() {
  return (
    <svg class="icon sparrow" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M3 14c3.500 0 5-1.500 6-4 .9-2.300 2.500-4 5-4 2.200 0 3.700 1.400 4 3.300L21 11l-3 .8c-.4 4.200-3.400 7.200-7.600 7.200C7 19 4.500 17.200 3 14Z" />
      <path d="M10.500 19 9.500 22M13.500 18.600l.8 3.400M15.200 9.200h.01" />
    </svg>
  );
}
