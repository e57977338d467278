/// Options: train.
#include "declaration.h"

namespace eida::config {
namespace {

void declare_optimiser(TrainOptions& train, Declarations& list) {
  list.add("train.lr", &train.lr, "largest learning rate (AdamW)")
      .in(kTrain)
      .as("--lr")
      .above(0)
      .at_most(10);
  list.add("train.head_lr", &train.head_lr, "learning rate of the head (null: train.lr)")
      .in(kTrain)
      .above(0)
      .at_most(10);
  list.add("train.weight_decay", &train.weight_decay,
           "decoupled decay, not on biases and LayerNorm")
      .in(kTrain)
      .at_least(0)
      .at_most(10);
  list.add("train.batch_size", &train.batch_size, "examples of one forward pass")
      .in(kTrain)
      .as("--batch-size")
      .at_least(1)
      .at_most(1'000'000);
  list.add("train.accumulation", &train.accumulation, "forward passes of one optimiser step")
      .in(kTrain)
      .at_least(1)
      .at_most(1'000'000);
  list.add("train.warmup_ratio", &train.warmup_ratio,
           "share of the steps in which the learning rate rises")
      .in(kTrain)
      .at_least(0)
      .at_most(1);
  list.add("train.schedule", &train.schedule, "linear warm-up and decay of the learning rate")
      .in(kTrain);
  list.add("train.clip_norm", &train.clip_norm, "largest norm of the gradient; 0: not clipped")
      .in(kTrain)
      .at_least(0);
}

void declare_loss(TrainOptions& train, Declarations& list) {
  list.add("train.loss_norm", &train.loss_norm,
           "what the loss of an accumulated step is divided by")
      .in(kTrain);
  list.add("train.label_smoothing", &train.label_smoothing, "probability spread over all classes")
      .in(kTrain)
      .at_least(0)
      .at_most(0.99);
  list.add("train.dropout", &train.dropout, "dropout rate (null: the model's)")
      .in(kTrain)
      .at_least(0)
      .at_most(0.99);
}

}  // namespace

void declare_training(Config& config, Declarations& list) {
  TrainOptions& train = config.train;
  declare_optimiser(train, list);
  declare_loss(train, list);
  list.add("train.max_steps", &train.max_steps,
           "optimiser steps of a round at most (null: the whole epoch)")
      .in(kTrain)
      .as("--max-steps")
      .at_least(1)
      .at_most(1e12);
  list.add("train.trainable_extra", &train.trainable_extra, "what is trained beside the adapters")
      .in(kTrain);
  list.add("train.eval_every", &train.eval_every,
           "steps between scores on data.dev (null: once a round)")
      .in(kTrain)
      .at_least(1)
      .at_most(1e12);
  list.add("train.save_every", &train.save_every,
           "steps between saved states for --resume; 0: once a round")
      .in(kTrain)
      .at_least(0)
      .at_most(1e12);
  list.add("train.save_minutes", &train.save_minutes,
           "minutes between saved states, beside train.save_every; 0: steps alone decide")
      .in(kTrain)
      .at_least(0)
      .at_most(100'000);
  list.add("train.log_every", &train.log_every, "steps between lines of metrics.jsonl")
      .in(kTrain)
      .at_least(1)
      .at_most(1e12);
  list.add("train.best_metric", &train.best_metric,
           "score that picks the best round (null: the task's first)")
      .in(kTrain)
      .value_name("NAME")
      .or_null();
  list.add("train.early_stopping", &train.early_stopping,
           "rounds without a better score before the run ends (null: none)")
      .in(kTrain)
      .at_least(1)
      .at_most(100'000);
  list.add("train.carry_moments", &train.carry_moments,
           "take AdamW's moments into the next round's bases (approximate)")
      .in(kTrain);
  list.add("train.gradient_checkpointing", &train.gradient_checkpointing,
           "recompute activations to save memory")
      .in(kTrain);
  list.add("train.tensorboard", &train.tensorboard, "write TensorBoard event files too").in(kTrain);
}

}  // namespace eida::config
