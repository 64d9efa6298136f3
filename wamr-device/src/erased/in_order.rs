//! Firmware that does not erase ahead knows nothing of a slot before an upload uses it, and erases its pages in their order.

use crate::flash::FlashOp;
use crate::geometry::Geometry;

/// The flash of a slot is erased up to this offset from the start of the slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Erased(u32);

/// It is erased up to this offset now.
pub(crate) type Step = u32;

impl Erased {
    /// The flash of an upload that was interrupted: what follows its durable bytes is erased again.
    pub fn resumed(durable: u32, geometry: &Geometry) -> Self {
        Self(geometry.page() + geometry.whole_pages(durable))
    }

    /// Whether the first page of the slot is erased, or holds the upload.
    pub fn has_first(self) -> bool {
        self.0 > 0
    }

    /// Whether the page of the module with this offset is erased.
    pub fn has(self, offset: u32, geometry: &Geometry) -> bool {
        geometry.page() + offset < self.0
    }

    /// The next step for an upload that may send up to `granted`.
    pub fn for_upload<'b>(self, slot: u8, granted: u32, _: u32, geometry: &Geometry) -> Option<(FlashOp<'b>, Step)> {
        let page = geometry.page();
        if self.0 >= page + granted {
            return None;
        }
        // The first page is erased first. From then on, the slot holds no app.
        let (start, to) = (geometry.opened_at(slot), self.0 + page);
        Some((FlashOp::Erase { from: start + self.0, to: start + to }, to))
    }

    /// A step has completed.
    pub fn complete(&mut self, step: Step) {
        self.0 = step;
    }
}
