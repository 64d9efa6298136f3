//! The effect of `guest/echo.c` in Rust, to compare with.

const DELAY: usize = 480;

pub struct Echo {
    x: [i32; 2],
    y: [i32; 2],
    line: [i16; DELAY],
    position: usize,
}

impl Echo {
    pub const fn new() -> Self {
        Self { x: [0; 2], y: [0; 2], line: [0; DELAY], position: 0 }
    }

    pub fn process(&mut self, sample: i16) -> i16 {
        let (x, [x1, x2], [y1, y2]) = (i32::from(sample), self.x, self.y);
        let y = clip((203 * x + 406 * x1 + 203 * x2 + 5241 * y1 - 1956 * y2) >> 12);
        (self.x, self.y) = ([x, x1], [i32::from(y), y1]);

        let place = &mut self.line[self.position];
        *place = clip(i32::from(y) + i32::from(*place) / 2);
        self.position = (self.position + 1) % DELAY;
        *place
    }
}

fn clip(sample: i32) -> i16 {
    sample.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}
