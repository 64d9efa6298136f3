//! The events that wait for one app.

use heapless::Deque;

use super::{AppEvent, EVENTS_MAX, EventKind};

/// Events in the order in which they happened. Events of the same kind and id are one.
#[derive(Default)]
pub struct Queue(Deque<AppEvent, EVENTS_MAX>);

impl Queue {
    /// Adds an event. Returns whether it is a new one, or `None` if there is no room.
    pub fn push(&mut self, event: AppEvent) -> Option<bool> {
        let same = |waiting: &&mut AppEvent| waiting.kind == event.kind && waiting.id == event.id;
        if let Some(waiting) = self.0.iter_mut().find(same) {
            waiting.value = match event.kind {
                EventKind::Timer => waiting.value.saturating_add(event.value),
                // The others describe a state, so the latest counts.
                _ => event.value,
            };
            return Some(false);
        }
        self.0.push_back(event).ok().map(|()| true)
    }

    /// Takes the oldest event.
    pub fn pop(&mut self) -> Option<AppEvent> {
        self.0.pop_front()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_source_become_one() {
        let mut queue = Queue::default();
        let event = |kind, id, value| AppEvent { kind, id, value };
        for (kind, id, value) in [
            (EventKind::Timer, 1, 1),
            (EventKind::Pin, 1, 1),
            (EventKind::Timer, 2, 1),
            (EventKind::Timer, 1, 2),
            (EventKind::Pin, 1, 0),
        ] {
            assert!(queue.push(event(kind, id, value)).is_some());
        }
        let order: [_; 4] = core::array::from_fn(|_| queue.pop());
        let expected = [event(EventKind::Timer, 1, 3), event(EventKind::Pin, 1, 0), event(EventKind::Timer, 2, 1)];
        assert_eq!(order, [Some(expected[0]), Some(expected[1]), Some(expected[2]), None]);
    }

    #[test]
    fn a_full_queue_still_merges() {
        let mut queue = Queue::default();
        let pin = |id, value| AppEvent { kind: EventKind::Pin, id, value };
        (0..EVENTS_MAX as u32).for_each(|id| assert_eq!(queue.push(pin(id, 0)), Some(true)));
        assert_eq!(queue.push(pin(100, 0)), None);
        assert_eq!(queue.push(pin(0, 1)), Some(false));
        assert_eq!(queue.pop(), Some(pin(0, 1)));
    }
}
