//! Pulls and verifications under way: at most one a model, whoever watches. They go on when nobody does.

use crate::error::ApiError;
use crate::limits::MAX_JOBS;
use crate::models::{Models, ModelsError, Progress};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What is done with a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Pull,
    Verify,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It was asked for.
    Begun,
    /// So far.
    Going(Progress),
    /// It is done.
    Done,
    /// It was not done.
    Failed(ModelsError),
}

/// Something that is being done; clones watch the same.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) task: Task,
    steps: watch::Receiver<Step>,
}

/// Those under way, by model.
#[derive(Clone)]
pub(crate) struct Jobs {
    models: Arc<dyn Models>,
    running: Arc<Mutex<HashMap<String, Job>>>,
}

impl Jobs {
    /// None yet.
    pub(crate) fn new(models: Arc<dyn Models>) -> Jobs {
        Jobs {
            models,
            running: Arc::default(),
        }
    }

    /// What looks after the models.
    pub(crate) fn models(&self) -> &Arc<dyn Models> {
        &self.models
    }

    /// What is being done with a model.
    pub(crate) fn of(&self, name: &str) -> Option<Job> {
        self.lock().get(name).cloned()
    }

    /// Begins a job, or joins the same one that is under way.
    pub(crate) fn begin(&self, task: Task, name: &str) -> Result<Job, ApiError> {
        let mut running = self.lock();
        match running.get(name) {
            Some(job) if job.task == task => return Ok(job.clone()),
            Some(_) => return Err(ApiError::model_busy(name)),
            None if MAX_JOBS <= running.len() => {
                return Err(ApiError::busy(
                    "other models are being fetched; wait for them",
                ));
            }
            None => {}
        }
        let (sender, steps) = watch::channel(Step::Begun);
        let job = Job { task, steps };
        running.insert(name.to_owned(), job.clone());
        let (jobs, name) = (self.clone(), name.to_owned());
        tokio::task::spawn_blocking(move || {
            let place = Place(&jobs, &name);
            let hear = |progress| drop(sender.send_replace(Step::Going(progress)));
            let done = match task {
                Task::Pull => jobs.models.pull(&name, &hear),
                Task::Verify => jobs.models.verify(&name, &hear),
            };
            drop(place); // who hears the end may begin anew
            sender.send_replace(done.map_or_else(Step::Failed, |()| Step::Done));
        });
        Ok(job)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Job>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a job among those under way; it is given back also when the job panics.
struct Place<'a>(&'a Jobs, &'a str);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.lock().remove(self.1);
    }
}

impl Job {
    /// How far it is now.
    pub(crate) fn step(&self) -> Step {
        self.steps.borrow().clone()
    }

    /// What comes after what was last seen; what nobody saw in time is left out.
    pub(crate) async fn next(&mut self) -> Step {
        match self.steps.changed().await {
            Ok(()) => self.steps.borrow_and_update().clone(),
            Err(_) => {
                let message = "it stopped by a defect of its own; ask again";
                Step::Failed(ModelsError::Failed(message.to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Model;
    use std::sync::mpsc::{Receiver, channel};

    /// Does with a model what it is told.
    struct Told(Mutex<Receiver<Result<u64, ModelsError>>>);

    impl Models for Told {
        fn list(&self) -> Result<Vec<Model>, ModelsError> {
            Ok(Vec::new())
        }
        fn knows(&self, _: &str) -> Result<(), ModelsError> {
            Ok(())
        }
        fn pull(&self, _: &str, hear: &dyn Fn(Progress)) -> Result<(), ModelsError> {
            let told = self.0.lock().expect("not poisoned");
            loop {
                match told.recv().expect("told what to do")? {
                    0 => return Ok(()),
                    done => hear(Progress::Bytes { done, total: 9 }),
                }
            }
        }
        fn verify(&self, _: &str, _: &dyn Fn(Progress)) -> Result<(), ModelsError> {
            panic!("as the test wants it")
        }
        fn remove(&self, _: &str) -> Result<u64, ModelsError> {
            Ok(0)
        }
    }

    #[tokio::test]
    async fn two_who_pull_the_same_watch_the_same() {
        let (tell, told) = channel();
        let jobs = Jobs::new(Arc::new(Told(Mutex::new(told))));
        let mut one = jobs.begin(Task::Pull, "a:b").expect("begun");
        let mut other = jobs.begin(Task::Pull, "a:b").expect("joined");
        assert!(jobs.begin(Task::Verify, "a:b").is_err());
        tell.send(Ok(3)).expect("heard");
        let going = Step::Going(Progress::Bytes { done: 3, total: 9 });
        assert_eq!(
            [one.next().await, other.next().await],
            [going.clone(), going]
        );
        tell.send(Ok(0)).expect("heard");
        assert_eq!(
            [one.next().await, other.next().await],
            [Step::Done, Step::Done]
        );
    }

    #[tokio::test]
    async fn a_job_that_fails_or_panics_says_so_and_gives_its_place_back() {
        let (tell, told) = channel();
        let jobs = Jobs::new(Arc::new(Told(Mutex::new(told))));
        let why = ModelsError::Unreachable("nobody answers".to_owned());
        tell.send(Err(why.clone())).expect("heard");
        let mut job = jobs.begin(Task::Pull, "a:b").expect("begun");
        assert_eq!(job.next().await, Step::Failed(why));
        let mut job = jobs.begin(Task::Verify, "a:b").expect("begun");
        assert!(matches!(
            job.next().await,
            Step::Failed(ModelsError::Failed(_))
        ));
        assert!(jobs.of("a:b").is_none());
    }
}
