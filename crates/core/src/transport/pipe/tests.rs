use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::*;
use crate::hub::Batch;
use crate::hub::Wake;

const KEY: u32 = 9;

struct NoWake;

impl Wake for NoWake {
    fn wake(&self) {}
}

/// A task that counts how often it is woken.
#[derive(Default)]
struct Task(AtomicUsize);

impl std::task::Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Task {
    fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

fn ends() -> (Arc<Hub>, PipeOwner, PipeReader, PipeWriter) {
    let hub = Arc::new(Hub::new(Box::new(NoWake)));
    let (owner, piped) = pipe(&hub, KEY);
    let (reader, writer) = piped.split();
    (hub, owner, reader, writer)
}

/// What the owner has been told since the last call.
fn told(hub: &Hub) -> Vec<Kind> {
    let mut batch = Batch::default();
    let mut kinds = Vec::new();
    while hub.inbox.take_any(&mut batch).is_some() {
        assert!(batch.records.iter().all(|record| record.slot == KEY));
        kinds.extend(batch.records.iter().map(|record| record.kind));
    }
    kinds
}

fn read(reader: &PipeReader, task: &Arc<Task>, size: usize) -> Poll<io::Result<Vec<u8>>> {
    let waker = Arc::clone(task).into();
    let mut space = vec![0; size];
    let mut buffer = ReadBuf::new(&mut space);
    let result = reader.poll_read(&mut Context::from_waker(&waker), &mut buffer);
    result.map_ok(|()| buffer.filled().to_vec())
}

fn write(writer: &PipeWriter, bytes: &[u8]) -> io::Result<usize> {
    writer.try_write(&[IoSlice::new(bytes)])
}

fn ready(reader: &PipeReader, task: &Arc<Task>) -> Poll<io::Result<()>> {
    let waker = Arc::clone(task).into();
    reader.poll_write_ready(&mut Context::from_waker(&waker))
}

#[test]
fn what_the_peer_sends_is_read_in_order_to_the_end() {
    let (_hub, owner, reader, _writer) = ends();
    let task = Arc::new(Task::default());
    assert!(read(&reader, &task, 9).is_pending());
    assert!(owner.push(b"one "));
    assert_eq!(task.count(), 1);
    assert!(owner.push(b"two"));
    assert!(matches!(read(&reader, &task, 2), Poll::Ready(Ok(bytes)) if bytes == b"on"));
    assert!(owner.push(b" three"));
    assert!(matches!(read(&reader, &task, 99), Poll::Ready(Ok(bytes)) if bytes == b"e two three"));
    assert!(read(&reader, &task, 9).is_pending());
    owner.end();
    assert_eq!(task.count(), 2);
    for _ in 0..2 {
        assert!(matches!(read(&reader, &task, 9), Poll::Ready(Ok(bytes)) if bytes.is_empty()));
    }
}

#[test]
fn a_full_pipe_makes_the_owner_wait_until_half_is_read() {
    let (hub, owner, reader, _writer) = ends();
    let task = Arc::new(Task::default());
    assert!(owner.push(&vec![1; MARK - 1]));
    assert!(!owner.push(&[2, 3]), "a chunk is taken whole");
    assert!(read(&reader, &task, MARK / 2).is_ready());
    assert_eq!(told(&hub), []);
    assert!(read(&reader, &task, 1).is_ready());
    assert_eq!(told(&hub), [Kind::PipeRoom]);
    let rest = read(&reader, &task, 2 * MARK);
    assert!(matches!(rest, Poll::Ready(Ok(bytes)) if bytes.ends_with(&[1, 2, 3])));
    assert_eq!(told(&hub), [], "once");
}

#[test]
fn the_owner_is_told_once_of_what_it_has_not_taken() {
    let (hub, owner, _reader, writer) = ends();
    assert_eq!(owner.take(), Output::Nothing);
    assert_eq!(write(&writer, b"one ").unwrap(), 4);
    let many = [IoSlice::new(b"two"), IoSlice::new(b" three")];
    assert_eq!(writer.try_write(&many).unwrap(), 9);
    assert_eq!(told(&hub), [Kind::PipeOutput]);
    assert_eq!(owner.take(), Output::Bytes(b"one two three".to_vec()));
    assert_eq!(owner.take(), Output::Nothing);
    write(&writer, b"four").unwrap();
    assert_eq!(told(&hub), [Kind::PipeOutput]);
    drop(writer);
    assert_eq!(told(&hub), [Kind::PipeOutput]);
    assert_eq!(owner.take(), Output::Bytes(b"four".to_vec()));
    assert_eq!(owner.take(), Output::End);
}

#[test]
fn what_the_owner_has_not_written_counts() {
    let (_hub, owner, reader, writer) = ends();
    let task = Arc::new(Task::default());
    let large = vec![7; MARK + 5];
    assert_eq!(write(&writer, &large).unwrap(), MARK);
    let blocked = write(&writer, &large).unwrap_err();
    assert_eq!(blocked.kind(), ErrorKind::WouldBlock);
    assert!(matches!(owner.take(), Output::Bytes(bytes) if bytes.len() == MARK));
    assert!(ready(&reader, &task).is_pending(), "taken is not written");
    owner.written(10);
    assert_eq!(task.count(), 1);
    assert!(ready(&reader, &task).is_ready());
    assert_eq!(write(&writer, &large).unwrap(), 10);
}

#[test]
fn more_may_wait_once_the_connection_is_cut() {
    let (_hub, owner, _reader, writer) = ends();
    let large = vec![7; LAST_MARK + 5];
    assert_eq!(write(&writer, &large).unwrap(), MARK);
    assert!(write(&writer, &large).is_err());
    writer.offer_last();
    assert_eq!(write(&writer, &large).unwrap(), LAST_MARK - MARK);
    assert!(write(&writer, &large).is_err());
    assert!(matches!(owner.take(), Output::Bytes(bytes) if bytes.len() == LAST_MARK));
}

#[test]
fn a_broken_stream_ends_both_ways() {
    let (_hub, owner, reader, writer) = ends();
    let reading = Arc::new(Task::default());
    let writing = Arc::new(Task::default());
    write(&writer, &vec![0; MARK]).unwrap();
    assert!(read(&reader, &reading, 9).is_pending());
    assert!(ready(&reader, &writing).is_pending());
    owner.fail();
    assert_eq!((reading.count(), writing.count()), (1, 1));
    assert!(matches!(read(&reader, &reading, 9), Poll::Ready(Err(_))));
    assert!(matches!(ready(&reader, &writing), Poll::Ready(Err(_))));
    let broken = write(&writer, b"x").unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::BrokenPipe);
    // An end that comes after it changes nothing.
    owner.end();
    assert!(matches!(read(&reader, &reading, 9), Poll::Ready(Err(_))));
}

#[test]
fn nothing_is_written_behind_the_end() {
    let (_hub, owner, _reader, writer) = ends();
    writer.finish();
    assert_eq!(
        write(&writer, b"x").unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
    assert_eq!(owner.take(), Output::End);
}
