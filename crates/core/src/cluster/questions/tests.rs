use super::*;

const MOST: usize = 10_000;

fn node(number: u8) -> NodeId {
    NodeId([number; 8])
}

fn nodes(numbers: &[u8]) -> Vec<NodeId> {
    numbers.iter().map(|&number| node(number)).collect()
}

fn count(count: usize) -> (Part, usize) {
    (Part::of_count(count), 10)
}

fn begin(questions: &mut Questions, key: u32, asked: &[u8]) -> u32 {
    questions.begin(Owner::Application(key), nodes(asked), None, None)
}

#[test]
fn a_question_ends_with_the_last_answer() {
    let mut questions = Questions::default();
    let number = begin(&mut questions, 7, &[1, 2]);
    assert!(
        questions
            .answer(number, node(1), count(2), true, MOST)
            .is_empty()
    );
    assert!(
        questions
            .answer(number, node(3), count(9), false, MOST)
            .is_empty(),
        "not asked"
    );
    assert!(
        questions
            .answer(number, node(1), count(1), false, MOST)
            .is_empty()
    );
    assert!(
        questions
            .answer(number, node(1), count(9), false, MOST)
            .is_empty(),
        "again"
    );
    assert!(
        questions
            .answer(number + 1, node(2), count(9), false, MOST)
            .is_empty()
    );
    let steps = questions.answer(number, node(2), count(4), false, MOST);
    assert!(matches!(steps[..], [Step::Answered(7)]));
    let outcome = questions.take(7).unwrap();
    assert_eq!((outcome.count, outcome.missing), (7, vec![]));
    assert_eq!(questions.take(7), None);
    assert_eq!((questions.len(), questions.bytes), (0, 0));
}

#[test]
fn nodes_that_end_or_fail_are_missing() {
    let mut questions = Questions::default();
    let number = begin(&mut questions, 1, &[1, 2, 3]);
    assert!(questions.gone(node(1)).is_empty());
    let failed = (Part::failed(), 10);
    assert!(
        questions
            .answer(number, node(2), failed, false, MOST)
            .is_empty()
    );
    let large = (Part::of_count(1), MOST);
    let steps = questions.answer(number, node(3), large, true, MOST);
    assert!(matches!(steps[..], [Step::Answered(1)]));
    assert_eq!(questions.take(1).unwrap().missing, nodes(&[1, 2, 3]));
    begin(&mut questions, 2, &[1]);
    begin(&mut questions, 3, &[1]);
    assert_eq!(questions.give_up().len(), 2);
    assert_eq!(questions.len(), 0);
}

#[test]
fn time_ends_a_question() {
    let now = Instant::now();
    let second = Duration::from_secs(1);
    let mut questions = Questions::default();
    questions.begin(Owner::Application(1), nodes(&[1]), Some(now + second), None);
    questions.begin(Owner::Members(5), nodes(&[1]), Some(now + second), None);
    assert!(questions.expire(now).is_empty());
    assert_eq!(questions.next_deadline(), Some(now + second));
    let steps = questions.expire(now + second);
    assert!(matches!(steps[..], [Step::Answered(1), Step::Late(5)]));
    let steps = questions.expire(now + second + GRACE);
    assert!(matches!(&steps[..], [Step::Missed(5, missed)] if *missed == nodes(&[1])));
    assert_eq!((questions.len(), questions.next_deadline()), (0, None));
    // Connections here have their time when all nodes have answered.
    let number = questions.begin(Owner::Members(6), nodes(&[1]), Some(now + second), None);
    questions.answer(number, node(1), count(0), false, MOST);
    assert_eq!(questions.len(), 1);
    assert!(matches!(
        questions.expire(now + second)[..],
        [Step::Late(6)]
    ));
    assert_eq!((questions.len(), questions.next_deadline()), (0, None));
}

#[test]
fn all_are_asked_when_the_likely_node_finds_nobody() {
    for is_found in [true, false] {
        let mut questions = Questions::default();
        let then = Then {
            nodes: nodes(&[2, 3]),
            what: RawValue::from_string("{}".into()).unwrap(),
            timeout: 5,
        };
        let number = questions.begin(Owner::Application(1), nodes(&[1]), None, Some(then));
        assert!(questions.gone(node(3)).is_empty());
        let steps = questions.answer(number, node(1), count(is_found.into()), false, MOST);
        if !is_found {
            assert!(matches!(&steps[..], [Step::Again { nodes: all, .. }] if *all == nodes(&[2])));
            questions.answer(number, node(2), count(1), false, MOST);
        }
        assert_eq!(questions.take(1).unwrap().count, 1);
    }
}

#[test]
fn answers_of_members_are_handed_on() {
    let mut questions = Questions::default();
    let number = questions.begin(Owner::Members(9), nodes(&[1, 2]), None, None);
    let steps = questions.answer(number, node(1), count(0), true, MOST);
    assert!(matches!(
        steps[..],
        [Step::Members {
            key: 9,
            is_done: false,
            ..
        }]
    ));
    let steps = questions.answer(number, node(1), count(0), false, MOST);
    assert!(matches!(
        steps[..],
        [Step::Members {
            key: 9,
            is_done: true,
            ..
        }]
    ));
    assert_eq!(questions.forget_members(9), Some((number, nodes(&[2]))));
    assert_eq!(questions.forget_members(9), None);
}
